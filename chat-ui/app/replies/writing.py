"""One reply while this process writes it: what is stored, what is still to be stored."""

import asyncio
import re
import time
from dataclasses import dataclass
from uuid import UUID

from app.clients.language_model import Usage
from app.clients.replies import Batch, Ending
from app.clients.types import Claim, Growth, Phase, Progress, ShorterPrompt, State

HAS_WORDS = re.compile(r".*[^\W\d_]|.{20}", re.DOTALL)  # a letter, or much of something else
STATUS_SECONDS = 0.2  # after the last batch, or the beginning, until a mere status is stored
HEARTBEAT_SECONDS = 0.5  # a lease is renewed this often even if there is no text


@dataclass(frozen=True)
class Outcome:
    """How the writing ended. `error` is a kind; its words are in `_status.html`."""

    state: State
    error: str | None = None


@dataclass(frozen=True)
class Sampling:
    """How freely the model writes, and how many tokens at most."""

    temperature: float
    reply_tokens: int

    def of(self, claim: Claim) -> "Sampling":
        """What the chat has set, and these where it has not."""
        return Sampling(
            self.temperature if claim.temperature is None else claim.temperature,
            claim.reply_tokens or self.reply_tokens,
        )


class Writing:
    """A claimed reply in memory.

    Offsets count code points, as db-api does. `pending` holds whole deltas of the model only, so
    that a stored text always ends where one of its tokens ended and can be continued exactly.
    """

    def __init__(self, claim: Claim, sampling: Sampling) -> None:
        self.claim = claim
        self.sampling = sampling
        self.stored = claim.text
        self.pending = ""
        self.phase: Phase | None = None
        self.model: str | None = None
        self.prompt = claim.prompt
        self.context_start: UUID | None = None  # where a shortened prompt begins
        self.prompt_tokens: int | None = None
        self.prompt_tokens_read: int | None = None
        # What earlier claims have come to goes on; a delta is a token, until `usage` tells better.
        self.tokens = claim.reply.completion_tokens or 0
        self.first_token_ms = claim.reply.first_token_ms
        self._spent_ms = claim.reply.total_ms or 0
        self.stopping = False
        self.lost = False
        self.finishing = False
        self.told_at = time.monotonic()
        self._started = time.monotonic()
        self._away_since: float | None = None
        self._told: object = None
        self.task: asyncio.Task[None] | None = None
        self.generation: asyncio.Task[Outcome] | None = None

    @property
    def id(self) -> UUID:
        """The reply's id."""
        return self.claim.reply.id

    @property
    def text(self) -> str:
        """All of the reply so far, stored or not."""
        return self.stored + self.pending

    @property
    def elapsed_ms(self) -> int:
        """Spent on this reply, by all who wrote it, without the time the model was away."""
        now = self._away_since or time.monotonic()
        return self._spent_ms + round((now - self._started) * 1000)

    def write(self, delta: str) -> bool:
        """Adds the model's next piece; True until there is a word: a number may be the mark of a
        list, which is not shown as long as it stands alone."""
        first = not HAS_WORDS.match(self.text)
        self._return()
        self.tokens += 1
        if self.first_token_ms is None:
            self.first_token_ms = self.elapsed_ms
        self.phase = "writing"
        self.pending += delta
        return first

    def read(self, read: int, total: int) -> None:
        """Notes how much of the prompt the model has read."""
        self._return()
        self.prompt_tokens_read, self.prompt_tokens = read, total
        if self.phase != "writing":
            self.phase = "reading"

    def shorten(self, shorter: ShorterPrompt) -> None:
        """Goes on with a prompt that begins later."""
        self.prompt, self.context_start = shorter.prompt, shorter.context_start

    def wait(self) -> None:
        """Notes that the model is out of reach."""
        self.phase = "waiting"
        self._away_since = self._away_since or time.monotonic()

    def _return(self) -> None:
        if self._away_since is not None:
            self._started += time.monotonic() - self._away_since
            self._away_since = None

    def holds(self, claim: Claim) -> bool:
        """Whether a claim on this reply found it as it is, or was a moment ago, written here."""
        return not self.lost and self.text.startswith(claim.text)

    def end(self, outcome: Outcome) -> Ending:
        """What is to be stored at the end."""
        return Ending(
            offset=len(self.stored),
            text=self.pending,
            state=outcome.state,
            error=outcome.error,
            model=self.model,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.tokens,
            first_token_ms=self.first_token_ms,
            total_ms=self.elapsed_ms,
            context_start=self.context_start if outcome.state == "complete" else None,
        )

    def count(self, usage: Usage, before: int) -> None:
        """The model's own counts for an attempt that began after `before` tokens: it read those,
        too, but they are not of the prompt."""
        self.tokens = before + usage.completion_tokens
        self.prompt_tokens = max(0, usage.prompt_tokens - before)

    def take_batch(self) -> Batch:
        """What is to be stored now; the text stays pending until `settle` confirms it."""
        self.told_at = time.monotonic()
        self._told = self._status()
        return Batch(
            id=self.id,
            offset=len(self.stored),
            text=self.pending,
            phase=self.phase,
            prompt_tokens=self.prompt_tokens,
            prompt_tokens_read=self.prompt_tokens_read,
            completion_tokens=self.tokens,
            first_token_ms=self.first_token_ms,
            total_ms=self.elapsed_ms,
        )

    def is_due(self, now: float) -> bool:
        """Whether a batch is to be taken: at once for text; a new status has time, for the model
        may be about to say its first word; and without either, the lease is to be renewed."""
        age = now - self.told_at
        news = age >= STATUS_SECONDS and self._status() != self._told
        return bool(self.pending) or news or age >= HEARTBEAT_SECONDS

    def settle(self, progress: Progress) -> None:
        """Moves to stored what db-api says it holds.

        The length it reports is the truth, also after a batch whose answer got lost on the way:
        then it is ahead of what we knew, never inside a delta.
        """
        confirmed = progress.length - len(self.stored)
        if confirmed > 0:
            self.stored += self.pending[:confirmed]
            self.pending = self.pending[confirmed:]

    def growth(self) -> Growth:
        """What watchers may see: the stored text, whole, so that nobody can miss a part."""
        reply = self.claim.reply.model_copy(
            update={
                "state": "running",
                "place": None,
                "phase": self.phase,
                "prompt_tokens": self.prompt_tokens,
                "prompt_tokens_read": self.prompt_tokens_read,
                "first_token_ms": self.first_token_ms,
                "stop_requested": self.stopping,
            }
        )
        return Growth(reply=reply, offset=0, text=self.stored)

    def _status(self) -> object:
        return (self.phase, self.prompt_tokens_read, self.first_token_ms)
