"""Lets the language model write one claimed reply to its end, whatever lm-api goes through."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from app.clients.language_model import (
    TOO_LONG,
    Cut,
    Delta,
    LanguageModel,
    ModelAway,
    ModelBroke,
    ModelRefused,
    Reading,
    Started,
    Usage,
)
from app.clients.replies import RepliesClient
from app.errors import ParleyError
from app.replies.writing import Outcome, Writing

log = logging.getLogger(__name__)

# Attempts in a row that bring no text before the reply is given up.
FRUITLESS_ATTEMPTS = 3
AWAY_SECONDS = 0.5
BROKEN_SECONDS = 1.0  # and twice as long after each attempt that brought nothing


async def generate(
    model: LanguageModel,
    replies: RepliesClient,
    writing: Writing,
    announce: Callable[[], None],
) -> Outcome:
    """Writes into `writing` until the model is done or refuses.

    `announce` is called when there is something that should be shown at once: the first words.
    An lm-api that is away is waited for; a stream that
    breaks is continued from the text so far; a prompt that is refused as too long is shortened,
    once.
    """
    fruitless = 0
    while True:
        length = len(writing.text)
        try:
            return await _attempt(model, writing, announce)
        except ModelAway:
            writing.wait()
            announce()
            await asyncio.sleep(AWAY_SECONDS)
        except ModelRefused as refusal:
            may_shorten = refusal.kind == TOO_LONG and writing.context_start is None
            if not may_shorten or not await _shorten(replies, writing):
                return Outcome("failed", error=_describe(refusal))
        except ModelBroke as broke:
            log.warning("reply %s: lm-api broke off: %s", writing.id, broke)
            fruitless = 0 if len(writing.text) > length else fruitless + 1
            if fruitless == FRUITLESS_ATTEMPTS:
                return Outcome("failed", error="model-broke")
            await asyncio.sleep(BROKEN_SECONDS * 2**fruitless)


async def _shorten(replies: RepliesClient, writing: Writing) -> bool:
    """Whether it is worth asking the model again."""
    try:
        shorter = await replies.shorten(writing.id)
    except ParleyError as error:
        log.warning("reply %s: can't shorten its prompt: %s", writing.id, error)
        await asyncio.sleep(BROKEN_SECONDS)
        return True  # the model refuses again, and then db-api may be back
    if shorter:
        writing.shorten(shorter)
    return shorter is not None


async def _attempt(model: LanguageModel, writing: Writing, announce: Callable[[], None]) -> Outcome:
    error, before = None, writing.tokens
    left = max(1, writing.sampling.reply_tokens - writing.tokens)
    events = model.stream(writing.prompt, writing.text, left, writing.sampling.temperature)
    async with contextlib.aclosing(events) as stream:
        async for event in stream:
            match event:
                case Started(model_name):
                    writing.model = model_name
                case Delta(text):
                    if left == 0:  # a model that does not stop where it was told to
                        return Outcome("complete", "reply-limit")
                    left -= 1  # a delta is at least one token
                    if writing.write(text):
                        announce()
                case Reading(read, total):
                    writing.read(read, total)
                case Cut():
                    error = "reply-limit"
                case Usage():
                    writing.count(event, before)
    return Outcome("complete", error)


def _describe(refusal: ModelRefused) -> str:
    """A kind with its figures, as one string that can be stored: `kind size limit`."""
    if refusal.size is None or refusal.limit is None:
        return refusal.kind
    return f"{refusal.kind} {refusal.size} {refusal.limit}"
