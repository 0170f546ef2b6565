"""What the API says about a reply."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import RowMapping

State = Literal["queued", "running", "complete", "stopped", "failed"]
FinalState = Literal["complete", "stopped", "failed"]
Phase = Literal["waiting", "reading", "writing"]
# Why a reply failed, or with reply-limit why a complete one ends in the middle.
ErrorKind = Literal["model-broke", "model-refused", "prompt-too-long", "crashed", "reply-limit"]


class ReplyError(BaseModel):
    """Why a reply is not as it should be."""

    kind: ErrorKind | Literal["unknown"]
    size: int | None = Field(
        description="With prompt-too-long: tokens of a message that alone is too long, if known."
    )
    limit: int | None = Field(description="With prompt-too-long: tokens the model can read.")
    detail: str | None = Field(description="With unknown: what an earlier version stored.")


class Step(BaseModel):
    """A part of a reply. Text is the only kind so far."""

    kind: Literal["text"] = "text"
    text: str


class Reply(BaseModel):
    """The state of an assistant message."""

    id: UUID = Field(description="The same as its message's id.")
    state: State
    phase: Phase | None = Field(description="What a running reply is doing; else null.")
    queue_position: int | None = Field(description="1 is next; only while queued.")
    wait_ms: int | None = Field(description="About how long until it begins; only while queued.")
    stop_requested: bool
    error: ReplyError | None
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
        """From the columns of ``repository.COLUMNS``, with or without a queue position."""
        absent = {"queue_position": None, "wait_ms": None}
        return cls.model_validate({**absent, **row, "id": row["message_id"]})
