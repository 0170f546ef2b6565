"""What the runner and db-api tell each other about replies that are being written.

As in `types.py`, each class has the name and the fields of a schema of db-api.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from app.clients.prompt_types import PromptMessage
from app.clients.types import ErrorKind, FinalState, Message, Phase, Received, Reply, Saw
from app.clients.usage_types import Room


class Step(Received):
    """One step of a reply. Text is the only kind so far."""

    kind: Literal["text"] = "text"
    text: str


class Passage(Received):
    """A part of a page that was found for a reply: its text from `start` up to `end`. Its sentence
    that comes nearest by its meaning is known where there are vectors. `header` is that of a table
    which it begins in the middle of."""

    document_id: UUID
    document: str
    page: int
    start: int
    end: int
    text: str
    sentence_start: int | None = None
    sentence_end: int | None = None
    header: str = ""


class SamplingOptions(Received):
    """How a program wants a reply to be written; None is the model's own default. It ends before
    the first of `stop`. With a `json_schema`, which is JSON, it is JSON that fits it, and is stored
    only when whole. `fresh`: no earlier answer will do."""

    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    json_schema: str | None = None
    fresh: bool = False


class ResponseOptions(Received):
    """What `/v1/responses` tells of a response again. `given`: so many of the last messages of the
    history are its own input. `echo` is JSON of the rest (`app.api.echo`)."""

    model: str
    background: bool = False
    stored: bool = True
    previous: str | None = None
    instructions: str | None = None
    system: list[str]
    given: int = 0
    metadata: dict[str, str]
    echo: str = "{}"


class Completion(Received):
    """What a program asked for as a response, and the reply as it is now."""

    reply: Message
    response: ResponseOptions
    temperature: float | None = None
    reply_tokens: int | None = None
    sampling: SamplingOptions


class Claim(Received):
    """A reply this worker may write until the lease runs out. `steps` is what is written already;
    the last one is to be continued. `passages` are what was found for it, if that has been searched
    for; they are in the prompt. `session_id` is whose reply it is."""

    reply: Reply
    chat_id: UUID
    session_id: UUID
    worker: str
    steps: list[Step]
    prompt: list[PromptMessage]
    passages: list[Passage]
    attempts: int
    temperature: float | None = None
    reply_tokens: int | None = None
    tools: bool | None = None
    sampling: SamplingOptions | None = None


class Sent(Received):
    """The answer to a message sent: both new messages, the claim if a slot was free, and what may
    still be asked for."""

    message: Message
    reply: Message
    claim: Claim | None
    title: str
    repeated: bool
    room: Room | None = None


class SentCompletion(Sent):
    """What a program asked for. Somebody who listens says so again before `listened_until`."""

    listened_until: datetime | None


class Listening(Received):
    """Until when somebody counts as listening to a reply; None if nobody needs to any more."""

    listened_until: datetime | None


class Left(Received):
    """Whether nobody else listens to a reply, so that it is paused."""

    paused: bool


class PassagesFound(Received):
    """What a reply is to be answered from, and its prompt with that. Not `found`: these only come
    nearest. `has_text`: some was, or is still to be, read in the chat's documents. `found` is None
    while these are being read, and is to be asked again."""

    found: bool | None
    has_text: bool
    only_pictures: bool
    passages: list[Passage]
    prompt: list[PromptMessage]


class PicturesGiven(Received):
    """A reply's prompt, with its pictures as its model gets them. `saw` is None while they are
    being read."""

    saw: Saw | None
    prompt: list[PromptMessage]


class ShorterPrompt(Received):
    """A prompt that begins later in the chat, at `context_start`."""

    context_start: UUID
    prompt: list[PromptMessage]


class Batch(BaseModel):
    """Text to add to one step of one reply, from `offset` (code points) on; empty text is a
    heartbeat."""

    id: UUID
    step: int
    offset: int
    text: str
    phase: Phase | None
    prompt_tokens: int | None
    prompt_tokens_read: int | None
    completion_tokens: int | None
    first_token_ms: int | None
    total_ms: int | None


class ProgressRequest(BaseModel):
    """The batches of all replies that one worker writes."""

    worker: str
    replies: list[Batch]


class BatchResult(Received):
    """How a batch fared: `length` is what is now stored of step `step`, in code points.
    `paused`: nobody listens to it any more."""

    id: UUID
    held: bool
    stop_requested: bool
    paused: bool
    step: int
    length: int


class ProgressResult(Received):
    """How all batches of one call fared."""

    replies: list[BatchResult]


class NewCall(BaseModel):
    """A call of a tool that is about to be run."""

    worker: str
    tool: str
    arguments: str


class CallResult(BaseModel):
    """What came of a call."""

    worker: str
    result: str
    failed: bool


class FinishError(BaseModel):
    """Why a reply failed or was cut. `size` and `limit` are tokens of a prompt that is too long
    although it has only one message of the person's; None if others are in it."""

    kind: ErrorKind
    size: int | None = None
    limit: int | None = None


class NewQuote(BaseModel):
    """What supports a sentence of a reply, as `Quote` says."""

    start: int | None = None
    end: int | None = None
    document_id: UUID | None = None
    page: int | None = None
    quote_start: int | None = None
    quote_end: int | None = None


class Cached(Received):
    """An earlier answer to exactly the same. `is_cut`: it has as many tokens as it might."""

    text: str
    model: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    is_cut: bool


class FinishRequest(BaseModel):
    """How a reply ended, with the last of its text."""

    worker: str
    step: int
    offset: int
    text: str
    state: FinalState
    error: FinishError | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    first_token_ms: int | None = None
    total_ms: int | None = None
    context_start: UUID | None = None
    prompt_start: UUID | None = None
    prompt_sha256: str | None = None
    cache_key: str | None = None
    quotes: list[NewQuote] = []
    claim_next: bool = True


class FinishResult(Received):
    """A finished reply, the length of its stored content in code points, and the next one to write
    if one was queued."""

    reply: Reply
    length: int
    next: Claim | None


class ReleaseRequest(BaseModel):
    """What is handed back: all that the worker holds, or only `reply`. `died`: its process or the
    model's server has."""

    worker: str
    reply: UUID | None = None
    died: bool = False
