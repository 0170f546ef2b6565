"""One reply while this process writes it."""

import asyncio
import re
import time
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from app.answering.exact import Span
from app.answering.refusals import NOTHING_FOUND, refuse
from app.clients.completion import Usage
from app.clients.language_model import USUAL, hash_prompt
from app.clients.prompt_types import PicturePart, PromptMessage, TextPart
from app.clients.queue_types import (
    Batch,
    BatchResult,
    Cached,
    Claim,
    FinishError,
    FinishRequest,
    FinishResult,
    NewQuote,
    PassagesFound,
    PicturesGiven,
    SamplingOptions,
    ShorterPrompt,
)
from app.clients.types import FinalState, Mode, Phase
from app.clients.updates import ReplyUpdate
from app.replies.stopwatch import Stopwatch
from app.replies.written_text import WrittenText, join_steps
from app.toolbox.calling import MOST_CALLS, add_tools, write_grammar
from app.toolbox.tool import Tool

HAS_WORDS = re.compile(r".*[^\W\d_]|.{20}", re.DOTALL)  # a letter, or much of something else
STATUS_SECONDS = 0.2  # after the last batch, or the beginning, until a mere status is stored
HEARTBEAT_SECONDS = 0.5  # a lease is renewed this often even if there is no text


@dataclass(frozen=True)
class Outcome:
    """How the writing ended."""

    state: FinalState
    error: FinishError | None = None


@dataclass(frozen=True)
class Sampling:
    """The temperature, how many tokens a reply may have, what a program wants besides, and whether
    the model may call tools."""

    temperature: float
    reply_tokens: int
    options: SamplingOptions = USUAL
    tools: bool = False

    def of(self, claim: Claim) -> "Sampling":
        """What the chat has set, and these where it has not."""
        return Sampling(
            self.temperature if claim.temperature is None else claim.temperature,
            claim.reply_tokens or self.reply_tokens,
            claim.sampling or self.options,
            # A program runs its tools itself.
            claim.sampling is None and (self.tools if claim.tools is None else claim.tools),
        )


@dataclass
class Progress:
    """How far the model is. `tokens` counts what all claims have written."""

    tokens: int
    first_token_ms: int | None
    phase: Phase | None = None
    prompt_tokens: int | None = None
    prompt_tokens_read: int | None = None


class ActiveReply:
    """A claimed reply in memory: its text, its progress, and what db-api has been told of them."""

    def __init__(self, claim: Claim, sampling: Sampling) -> None:
        self.claim = claim
        self.sampling = sampling
        self.prompt = claim.prompt
        self.found, self.passages = claim.reply.found, claim.passages
        self.refusal = NOTHING_FOUND  # what it says if nothing is found
        self.saw = claim.reply.saw
        self.tools: list[Tool] = []  # that its model may call
        self.calls = list(claim.reply.calls)  # as they are stored
        self.wanted = ""  # a call, as the model wrote it
        self.pictures: dict[UUID, bytes] = {}  # by document, those in its prompt
        self.quotes: list[NewQuote] = []
        self.span: Span | None = None  # that it is, by exact words
        self.context_start: UUID | None = None  # where a shortened prompt begins
        self.model: str | None = None
        self.given: list[PromptMessage] = []  # the prompt that the language model was asked with
        self.cache_key: str | None = None  # by which it can be found once it is complete
        self.cached = claim.reply.cached
        self.text = WrittenText(claim.steps)
        self.clock = Stopwatch(claim.reply.total_ms or 0)
        # A delta counts as a token until `usage` tells better.
        self.progress = Progress(claim.reply.completion_tokens or 0, claim.reply.first_token_ms)
        self.stopping = False
        self.paused = False  # nobody listens to it
        self.lost = False  # somebody else writes it now
        self.finishing = False
        self.told_at = time.monotonic()
        self._told: object = None
        self.task: asyncio.Task[None] | None = None
        self.generation: asyncio.Task[Outcome] | None = None

    @property
    def id(self) -> UUID:
        """The reply's id."""
        return self.claim.reply.id

    def holds(self, claim: Claim) -> bool:
        """Whether a claim on this reply found it as it is, or was a moment ago, written here."""
        return not self.lost and self.text.whole.startswith(join_steps(claim.steps))

    # --- what the model does -----------------------------------------------------------------

    def write(self, delta: str, tokens: int = 1) -> bool:
        """Adds the model's next piece, of so many tokens; True until there is a word: a number may
        be the mark of a list, which is not shown as long as it stands alone."""
        first = not HAS_WORDS.match(self.text.whole)
        self.clock.resume()
        self.progress.tokens += tokens
        if self.progress.first_token_ms is None:
            self.progress.first_token_ms = self.clock.elapsed_ms
        self.progress.phase = "writing"
        self.text.pending += delta
        return first

    def read(self, read: int, total: int) -> None:
        """Notes how much of the prompt the model has read."""
        self.clock.resume()
        self.progress.prompt_tokens_read, self.progress.prompt_tokens = read, total
        if self.progress.phase != "writing":
            self.progress.phase = "reading"

    def shorten(self, shorter: ShorterPrompt) -> None:
        """From now on the prompt begins later."""
        self.prompt, self.context_start = shorter.prompt, shorter.context_start
        self.cache_key = None

    def wait(self) -> None:
        """Notes that the model is out of reach."""
        self.progress.phase = "waiting"
        self.clock.pause()

    def count(self, usage: Usage, before: int) -> None:
        """The model's own counts for an attempt that began after `before` tokens: it read those,
        too, but they are not of the prompt."""
        self.progress.tokens = before + usage.completion_tokens
        self.progress.prompt_tokens = max(0, usage.prompt_tokens - before)

    @property
    def mode(self) -> Mode:
        """How it is to be answered."""
        return self.claim.reply.mode

    @property
    def is_held(self) -> bool:
        """Whether it is shown only when it is whole, because it has to fit a schema."""
        return self.sampling.options.json_schema is not None

    @property
    def question(self) -> str:
        """What it answers."""
        return _read_last_part(self.claim.prompt[-1])

    @property
    def question_before(self) -> str:
        """The one before it, if the prompt has that."""
        asked = [message for message in self.claim.prompt if message.role == "user"]
        return _read_last_part(asked[-2]) if len(asked) > 1 else ""

    @property
    def awaits_pictures(self) -> bool:
        """Whether it is not known yet how the model gets the pictures in its prompt."""
        return self.saw is None and bool(self.pictures_in_prompt)

    def count_characters(self) -> int:
        """Of the text that the model hardly has read before: all behind the last turn of its own.
        Of a server that has forgotten the rest, `Reading` tells."""
        since = takewhile(lambda message: message.role != "assistant", reversed(self.whole_prompt))
        parts = (part for message in since for part in message.parts)
        return sum(len(part.text) for part in parts if not isinstance(part, PicturePart))

    @property
    def whole_prompt(self) -> list[PromptMessage]:
        """With what tools add to it."""
        return add_tools(self.prompt, self.tools, self.calls) if self.tools else self.prompt

    @property
    def may_call(self) -> bool:
        """Whether the next thing the model writes may be a call."""
        return bool(self.tools) and not self.text.whole and len(self.calls) < MOST_CALLS

    @property
    def grammar(self) -> str | None:
        """What the model is held to. An answer that was begun is continued without one."""
        if not self.tools or self.text.whole:
            return None
        return write_grammar(self.tools, may_call=self.may_call)

    @property
    def pictures_in_prompt(self) -> list[UUID]:
        """The documents that its model gets as pictures."""
        return [document for message in self.prompt for document in message.pictures]

    def take_pictures(self, given: PicturesGiven) -> None:
        """How the model gets them, in a prompt that is whole."""
        self.saw, self.prompt, self.context_start = given.saw, given.prompt, None

    def take_passages(self, found: PassagesFound) -> None:
        """What it is to be answered from."""
        self.found, self.passages, self.prompt = found.found, found.passages, found.prompt
        self.refusal = refuse(
            has_text=found.has_text,
            only_pictures=found.only_pictures,
            has_nearest=bool(found.passages),
        )

    def take_cached(self, cached: Cached) -> None:
        """Writes an earlier answer, which has cost nothing."""
        self.cached, self.given, self.model = True, self.prompt, cached.model
        self.progress.tokens = cached.completion_tokens or 0
        self.progress.prompt_tokens = cached.prompt_tokens
        self.say(cached.text)

    def say(self, words: str) -> None:
        """Writes words that are not the model's, or what of them is missing after an
        interruption."""
        if words.startswith(self.text.whole):
            self.progress.phase = "writing"
            self.text.pending += words[len(self.text.whole) :]

    # --- what db-api is told -----------------------------------------------------------------

    def is_due(self, now: float) -> bool:
        """Whether a batch is to be taken: at once for text; a new status has time, for the model
        may be about to say its first word; and without either, the lease is to be renewed."""
        age = now - self.told_at
        changed = age >= STATUS_SECONDS and self._status() != self._told
        return bool(self.text.pending) or changed or age >= HEARTBEAT_SECONDS

    def take_batch(self) -> Batch:
        """What is to be stored now; the text stays pending until `settle` confirms it."""
        self.told_at = time.monotonic()
        self._told = self._status()
        return Batch(
            id=self.id,
            step=self.text.step,
            offset=len(self.text.stored),
            text=self.text.pending,
            phase=self.progress.phase,
            prompt_tokens=self.progress.prompt_tokens,
            prompt_tokens_read=self.progress.prompt_tokens_read,
            completion_tokens=self.progress.tokens,
            first_token_ms=self.progress.first_token_ms,
            total_ms=self.clock.elapsed_ms,
        )

    def settle(self, result: BatchResult) -> None:
        """Takes for stored what db-api says it holds."""
        self.text.confirm(result.step, result.length)

    def end(self, outcome: Outcome, worker: str) -> FinishRequest:
        """What is to be stored at the end."""
        return FinishRequest(
            worker=worker,
            step=self.text.step,
            offset=len(self.text.stored),
            text=self.text.pending,
            state=outcome.state,
            error=outcome.error,
            model=self.model,
            prompt_tokens=self.progress.prompt_tokens,
            completion_tokens=self.progress.tokens,
            first_token_ms=self.progress.first_token_ms,
            total_ms=self.clock.elapsed_ms,
            context_start=self.context_start if outcome.state == "complete" else None,
            prompt_start=next((m.message_id for m in self.given if m.message_id), None),
            prompt_sha256=hash_prompt(self.given) if self.given else None,
            cache_key=self.cache_key if outcome.state == "complete" else None,
            quotes=self.quotes,
        )

    # --- what watchers are told --------------------------------------------------------------

    def update(self) -> ReplyUpdate:
        """The reply as it is stored."""
        reply = self.claim.reply.model_copy(
            update={
                "state": "running",
                "queue_position": None,
                "phase": self.progress.phase,
                "prompt_tokens": self.progress.prompt_tokens,
                "prompt_tokens_read": self.progress.prompt_tokens_read,
                "first_token_ms": self.progress.first_token_ms,
                "stop_requested": self.stopping,
                "cached": self.cached,
                "calls": list(self.calls),
            }
        )
        return ReplyUpdate(reply=reply, steps=self.text.tell())

    def final_update(self, finished: FinishResult) -> ReplyUpdate:
        """The reply as it was stored at its end."""
        return ReplyUpdate(reply=finished.reply, steps=self.text.tell_final(finished.length))

    def _status(self) -> object:
        progress = self.progress
        calls = len(self.calls), self.calls and self.calls[-1].result
        return (progress.phase, progress.prompt_tokens_read, progress.first_token_ms, calls)


def _read_last_part(message: PromptMessage) -> str:
    """What the person wrote: passages and pictures come before it."""
    written = message.parts[-1]
    return written.text if isinstance(written, TextPart) else ""
