"""What doc-worker sends and gets."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from app.texts import Text

PAGE_CHARACTERS = 200_000

Kind = Literal["pdf", "text", "markdown", "jpeg", "png"]
Source = Literal["text", "ocr", "needs-ocr", "unreadable", "empty"]
Error = Literal["crashed", "damaged", "empty", "encrypted", "too-large", "too-many-pages"]
Offset = Annotated[int, Field(ge=0, le=PAGE_CHARACTERS)]


class WorkerSkills(BaseModel):
    """What the worker can do."""

    ocr: bool = Field(description="Read text in pictures. Documents that wait for it come, too.")


class Job(BaseModel):
    """A document to read."""

    id: UUID
    kind: Kind
    blocks: int = Field(description="Of 1 MiB each, counted from 0.")
    done: list[int] = Field(description="Pages that are stored and need not be read again.")
    shown: bool = Field(description="Whether the picture to be shown is stored.")


class Heartbeat(BaseModel):
    """A sign of life, with what is known by now."""

    pages: int | None = Field(default=None, ge=0, le=1_000_000)


class ReadPage(BaseModel):
    """A page that was read."""

    text: Annotated[Text, StringConstraints(max_length=PAGE_CHARACTERS)]
    source: Source
    passages: list[tuple[Offset, Offset]] = Field(
        max_length=10_000, description="From, up to: code points of the text."
    )

    @model_validator(mode="after")
    def refuse_outside(self) -> Self:
        """Each passage is a part of the text."""
        if any(not start < end <= len(self.text) for start, end in self.passages):
            raise ValueError("A passage is not within the text")
        return self


class PageStored(BaseModel):
    """What the worker should know before the next page."""

    others_wait: bool


class ReadingEnd(BaseModel):
    """How the reading ended."""

    read_with: Annotated[Text, StringConstraints(max_length=200)]
    error: Error | None = None
