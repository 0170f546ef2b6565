"""What the API says about replies, and what runners say about them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict
from sqlalchemy import RowMapping

from app.texts import LARGEST_COUNT, Text, Worker

State = Literal["queued", "running", "complete", "stopped", "failed"]
FinalState = Literal["complete", "stopped", "failed"]
Phase = Literal["waiting", "reading", "writing"]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]


PROGRESS_EXAMPLE: JsonDict = {
    "worker": "chat-ui-1",
    "replies": [
        {
            "id": "01994f3c-6f1e-7b7a-8b51-0d2f6c5d9a10",
            "offset": 0,
            "text": "An API is",
            "phase": "writing",
            "prompt_tokens": 31,
            "prompt_tokens_read": 31,
            "first_token_ms": 140,
        }
    ],
}
FINISH_EXAMPLE: JsonDict = {
    "worker": "chat-ui-1",
    "offset": 0,
    "text": "An API is a contract between programs.",
    "state": "complete",
    "model": "qwen2.5-0.5b-instruct-q8_0",
    "prompt_tokens": 31,
    "completion_tokens": 8,
    "first_token_ms": 140,
    "total_ms": 420,
    "claim_next": True,
}


class Reply(BaseModel):
    """How an assistant message is coming along."""

    id: UUID = Field(description="The same as its message's id.")
    state: State
    phase: Phase | None = Field(description="What a running reply is doing; else null.")
    place: int | None = Field(description="Place in line, 1 is next; only while queued.")
    wait_ms: int | None = Field(description="About how long until it begins; only while queued.")
    stop_requested: bool
    error: str | None
    model: str | None
    prompt_tokens: int | None
    prompt_tokens_read: int | None
    completion_tokens: int | None
    first_token_ms: int | None
    total_ms: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """From the columns of ``repository.COLUMNS``, with or without a place."""
        return cls.model_validate({"place": None, "wait_ms": None, **row, "id": row["message_id"]})


class PromptMessage(BaseModel):
    role: Literal["system", "user", "assistant"]
    content: str


class GivenMessage(PromptMessage):
    """A part of a prompt, and where it comes from."""

    message_id: UUID | None = Field(description="Null: the chat's system prompt.")


class Prompt(BaseModel):
    """What the model would be given before the next message of the person."""

    messages: list[GivenMessage]
    context_start: UUID | None = Field(description="Where its memory begins; null: all of it.")
    system_prompt: str
    temperature: float | None
    reply_tokens: int | None


class Claim(BaseModel):
    """A reply to work on, with everything needed to write or continue it."""

    reply: Reply
    chat_id: UUID
    worker: str
    text: str = Field(description="What is written already; continue after it.")
    prefilled: int = Field(
        description="How many code points of the text it was given at its beginning."
    )
    prompt: list[PromptMessage]
    temperature: float | None = Field(description="The chat's; null: the runner's own.")
    reply_tokens: int | None = Field(description="The chat's; null: the runner's own.")
    lease_until: datetime = Field(description="By the database's clock.")
    attempts: int = Field(description="How often a runner vanished without adding a word.")


class ClaimRequest(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"worker": "chat-ui-1"}]})

    worker: Worker


class Batch(BaseModel):
    """New text of one reply, or with ``text`` empty a sign of life."""

    id: UUID
    offset: Count = Field(description="Code points stored before this text.")
    text: Text = ""
    phase: Phase | None = None
    prompt_tokens: Count | None = None
    prompt_tokens_read: Count | None = None
    completion_tokens: Count | None = Field(default=None, description="Written so far.")
    first_token_ms: Count | None = None
    total_ms: Count | None = Field(default=None, description="Spent on writing so far.")


class ProgressRequest(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [PROGRESS_EXAMPLE]})

    worker: Worker
    replies: Annotated[list[Batch], Field(max_length=1000)]


class Stored(BaseModel):
    """What became of a batch."""

    id: UUID
    held: bool = Field(description="False: it is not this worker's; stop working on it.")
    stop_requested: bool
    length: int = Field(description="Code points stored now; not as expected: nothing changed.")


class ProgressResult(BaseModel):
    replies: list[Stored]


class FinishRequest(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [FINISH_EXAMPLE]})

    worker: Worker
    offset: Count = Field(description="Code points stored before this text.")
    text: Text = Field(default="", description="What was not stored yet.")
    state: FinalState
    error: Annotated[Text, StringConstraints(max_length=2000)] | None = None
    model: Annotated[Text, StringConstraints(max_length=200)] | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    first_token_ms: Count | None = None
    total_ms: Count | None = None
    context_start: UUID | None = Field(
        default=None, description="Where the prompt began, if it had to be shortened."
    )
    claim_next: bool = False


class ShorterPrompt(BaseModel):
    """A prompt that begins later in the chat."""

    context_start: UUID
    prompt: list[PromptMessage]


class FinishResult(BaseModel):
    reply: Reply
    length: int = Field(
        description="Code points of the text that is stored; fewer than were written if the reply"
        " was ended by somebody else before."
    )
    next: Claim | None


class ReleaseResult(BaseModel):
    released: int
