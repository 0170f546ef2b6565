"""What the API says about a reply."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import RowMapping

from app.limits import LARGEST_COUNT

Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
State = Literal["queued", "running", "complete", "stopped", "failed"]
FinalState = Literal["complete", "stopped", "failed"]
# Freely; from the chat's documents; or by exact words of one of them.
Mode = Literal["free", "documents", "exact"]
Phase = Literal["waiting", "reading", "writing"]
# How the model got pictures: as they are, as the text in them, or, where nothing is read, not.
Saw = Literal["picture", "text", "nothing"]
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


class ToolCall(BaseModel):
    """A tool that the model called before its words. Stored before it runs, so that it runs once at
    most."""

    tool: str
    arguments: str = Field(description="As the model wrote them: JSON, if it is well formed.")
    result: str | None = Field(description="Null: it is running, or was interrupted for good.")
    failed: bool = Field(description="The result says why there is none.")


class Passage(BaseModel):
    """A part of a page that was found for a reply."""

    model_config = ConfigDict(from_attributes=True)

    document_id: UUID
    document: str = Field(description="Its name.")
    page: int
    start: int = Field(description="Where it begins on the page, in code points.")
    end: int
    text: str
    sentence_start: int | None = Field(
        default=None, description="Where its sentence begins that comes nearest by its meaning."
    )
    sentence_end: int | None = None
    header: str = Field(
        default="",
        description="Of a table that it begins in the middle of: not a part of its text.",
    )


class NewQuote(BaseModel):
    """A sentence of a reply, from `start` up to `end`, and the words on a page that it has as its
    source. Without a document it has none; without a sentence it is a passage that came near."""

    start: Count | None = None
    end: Count | None = None
    document_id: UUID | None = None
    page: Count | None = None
    quote_start: Count | None = None
    quote_end: Count | None = None

    @model_validator(mode="after")
    def refuse_halves(self) -> Self:
        """A sentence, a place in a document, or both; each of them whole, with something in it."""
        sentence = (self.start, self.end)
        place = (self.document_id, self.page, self.quote_start, self.quote_end)
        whole = all(len({part is None for part in one}) == 1 for one in (sentence, place))
        if not whole or (self.start is None and self.document_id is None):
            raise ValueError("A quote has a sentence, a place in a document, or both")
        for start, end in (sentence, place[2:]):
            if start is not None and end is not None and start >= end:
                raise ValueError("A quote has at least one character")
        return self


class Quote(BaseModel):
    """What a sentence of a reply has as its source: exact words of a document. Without a page none
    was found, and without a document it has been deleted; without a sentence these words are what
    came nearest to the question."""

    start: int | None = Field(description="Where the sentence begins, in code points.")
    end: int | None
    document_id: UUID | None
    document: str | None = Field(description="Its name.")
    page: int | None
    quote_start: int | None = Field(description="Where the words begin on the page.")
    quote_end: int | None
    text: str | None = Field(description="The words, as they are on the page.")


class Picture(BaseModel):
    """A picture that was sent with a message."""

    document_id: UUID | None = Field(description="Null: it was deleted.")
    name: str | None


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
    mode: Mode = Field(description="How it is to be answered.")
    found: bool | None = Field(
        description="Whether its documents answer it; null until they were searched, and for free."
    )
    unread_pages: int | None = Field(description="Pages that were not read when they were.")
    quotes: list[Quote] = Field(description="Of a final reply, in the order of its sentences.")
    saw: Saw | None = Field(
        description="How the model got the pictures of the messages; null: there are none, or that"
        " is not known yet."
    )
    pictures: list[Picture] = Field(
        description="Those of its question, once it is final; those before it are not repeated."
    )
    cached: bool = Field(description="It is an earlier answer to exactly the same.")
    calls: list[ToolCall] = Field(description="In their order.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """From the columns of ``repository.COLUMNS``, with or without a queue position."""
        absent = {"queue_position": None, "wait_ms": None}
        return cls.model_validate({**absent, **row, "id": row["message_id"]})
