"""Lets the language model write one claimed reply to its end, whatever lm-api goes through."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import NamedTuple, Self

from app.clients.completion import (
    Cut,
    Delta,
    ModelAway,
    ModelBroke,
    ModelDied,
    ModelRefused,
    Reading,
    Started,
    Usage,
)
from app.clients.language_model import LanguageModel
from app.clients.queue import QueueClient
from app.clients.queue_types import FinishError
from app.clients.service import Service
from app.clients.slots import SlotsClient
from app.errors import ParleyError
from app.replies.active_reply import ActiveReply, Outcome
from app.replies.prompt_cache import PromptCache
from app.replies.readers import LetPass, Reader, Readers
from app.replies.stop_filter import StopFilter
from app.toolbox.calling import is_call

log = logging.getLogger(__name__)

# Attempts in a row that bring no text before the reply is given up.
MAX_ATTEMPTS_WITHOUT_TEXT = 3
AWAY_SECONDS = 0.2  # at least, before one that was away is asked again
BROKEN_SECONDS = 1.0  # and twice as long after each attempt that brought nothing

MODEL_BROKE = Outcome("failed", FinishError(kind="model-broke"))
CUT = Outcome("complete", FinishError(kind="reply-limit"))


class ModelServer(NamedTuple):
    """A server of a language model, and what becomes of all that it has read."""

    model: LanguageModel
    prompts: PromptCache
    readers: Readers

    @classmethod
    def of(cls, service: Service) -> Self:
        """The one at this address."""
        return cls(LanguageModel(service), PromptCache(SlotsClient(service)), Readers())


async def generate(
    server: ModelServer,
    queue: QueueClient,
    active: ActiveReply,
    announce: Callable[[], None],
) -> Outcome:
    """Writes into `active` until the model is done or refuses.

    `announce` is called when there is something that should be shown at once: the first words.
    An lm-api that is away is waited for. One that fails is asked to continue from the text so far.
    A prompt that is refused as too long is shortened, once. Raises ModelDied when the server dies:
    then the queue decides which replies are tried together.
    """
    model, prompts, readers = server
    without_text = 0
    while True:
        length = len(active.text.whole)
        await prompts.restore()
        try:
            async with readers.read(active.count_characters()) as reader:
                return await _attempt(server, reader, active, announce)
        except LetPass:
            continue
        except ModelDied:
            prompts.note_away()
            raise
        except ModelAway:
            prompts.note_away()
            active.wait()
            announce()
            await asyncio.sleep(AWAY_SECONDS)
            await model.wait_until_up()
        except ModelRefused as refusal:
            may_shorten = refusal.kind == "prompt-too-long" and active.context_start is None
            if not may_shorten or not await _shorten(queue, active):
                return Outcome("failed", _describe(refusal, active))
        except ModelBroke as broke:
            log.warning("reply %s: lm-api failed: %s", active.id, broke)
            without_text = 0 if len(active.text.whole) > length else without_text + 1
            if without_text == MAX_ATTEMPTS_WITHOUT_TEXT:
                return MODEL_BROKE
            await asyncio.sleep(BROKEN_SECONDS * 2**without_text)


async def _shorten(queue: QueueClient, active: ActiveReply) -> bool:
    """Whether it is worth asking the model again."""
    try:
        shorter = await queue.shorten(active.id)
    except ParleyError as error:
        log.warning("reply %s: can't shorten its prompt: %s", active.id, error)
        await asyncio.sleep(BROKEN_SECONDS)
        return True  # the model refuses again, and then db-api may be back
    if shorter:
        active.shorten(shorter)
    return shorter is not None


async def _attempt(
    server: ModelServer,
    reader: Reader,
    active: ActiveReply,
    announce: Callable[[], None],
) -> Outcome:
    # What is to fit a schema, or is a call, is written from its beginning, and stored when it is
    # whole: continued behind a prefill it may not fit.
    model, prompts, readers = server
    outcome, is_held, held = Outcome("complete"), active.is_held, ""
    may_call = active.may_call
    if (is_held or active.tools) and not active.text.whole:
        active.progress.tokens = 0
    before = active.progress.tokens
    left = active.sampling.reply_tokens - before
    if left <= 0:  # it was interrupted between its last word and its end
        return CUT
    if is_held and active.text.whole:
        return outcome
    active.given = active.whole_prompt
    events = model.stream(
        active.given,
        active.text.whole,
        left,
        active.sampling.temperature,
        active.pictures,
        active.sampling.options,
        active.grammar,
    )
    stops = StopFilter(active.sampling.options.stop)
    async with contextlib.aclosing(events) as stream:
        async for event in stream:
            prompts.note_alive()
            match event:
                case Started(model_name):
                    active.model = model_name
                case Delta(text):
                    if left == 0:  # a model that does not stop where it was told to
                        outcome = CUT
                        break
                    left -= 1  # a delta is at least one token
                    is_held |= may_call and not active.text.whole and is_call(text)
                    if is_held:
                        readers.end(reader)
                        held += text
                        active.write("")
                        continue
                    back = stops.held + 1
                    text, is_stopped = stops.take(text)
                    # What is held back is lost with this attempt, and written again by the next.
                    if active.write(text, back - stops.held):
                        announce()
                    else:
                        readers.end(reader)
                    if is_stopped:
                        return outcome
                case Reading(read, total):
                    reader.left = total - read
                    active.read(read, total)
                case Cut():
                    outcome = CUT
                case Usage():
                    active.count(event, before)
    if may_call and held:
        active.wanted = held
    elif rest := stops.give_back() + held:
        active.text.pending += rest
    return outcome


def _describe(refusal: ModelRefused, active: ActiveReply) -> FinishError:
    """The figures only if the message alone is too long: they say by how much to shorten it."""
    if [message.role for message in active.given].count("user") > 1:
        return FinishError(kind=refusal.kind)
    return FinishError(kind=refusal.kind, size=refusal.size, limit=refusal.limit)
