"""What doc-worker sends and gets."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.documents.kinds import Kind
from app.documents.schemas import ErrorKind, Source
from app.passages.schemas import Vector, VectorModel
from app.texts import Text, Worker

PAGE_CHARACTERS = 200_000
MOST_VECTORS = 400

Offset = Annotated[int, Field(ge=0)]


class WorkerSkills(BaseModel):
    """What the worker can do."""

    ocr: bool = Field(description="Read text in pictures. Documents that wait for it come, too.")
    vector_model: VectorModel | None = Field(
        default=None,
        description="Make vectors with this model. When nothing is to be read, documents without"
        " those come.",
    )
    sound: bool = Field(default=False, description="Transcribe sound. Recordings come, too.")
    predecessor: Worker | None = Field(
        default=None, description="A worker that is dead: what it held is handed back at once."
    )


class Job(BaseModel):
    """A document to read."""

    id: UUID
    kind: Kind
    blocks: int = Field(description="Of 1 MiB each, counted from 0.")
    done: list[int] = Field(description="Pages that are stored and need not be read again.")
    shown: bool = Field(description="Whether the picture to be shown is stored.")
    embedding: bool = Field(description="It was read: its passages are to get vectors.")
    reply_awaited: bool = Field(description="As in what other calls answer.")


class Heartbeat(BaseModel):
    """A sign of life, with what is known by now."""

    pages: int | None = Field(default=None, ge=0, le=1_000_000)


class ReadPage(BaseModel):
    """A page that was read."""

    number: int = Field(ge=1, le=1_000_000)
    text: Annotated[Text, StringConstraints(max_length=PAGE_CHARACTERS)]
    source: Source
    passages: list[tuple[Offset, Offset]] = Field(
        max_length=10_000, description="From, up to: code points of the text."
    )

    @model_validator(mode="after")
    def refuse_outside(self) -> Self:
        """Each passage is a part of the text, and that of a page which waits is not the last."""
        if any(not start < end <= len(self.text) for start, end in self.passages):
            raise ValueError("A passage is not within the text")
        if self.source == "needs-ocr" and self.passages:
            raise ValueError("A page that waits has no passages yet")
        return self


class ReadPages(BaseModel):
    """Pages that were read since the last call."""

    pages: list[ReadPage] = Field(min_length=1, max_length=1000)


class Waiting(BaseModel):
    """Who waits while the worker works."""

    others_wait: bool = Field(description="Other documents, to be read.")
    reply_awaited: bool = Field(description="Somebody waits for a reply: give way.")


class ReadingEnd(BaseModel):
    """How the reading ended."""

    read_with: Annotated[Text, StringConstraints(max_length=200)]
    error: ErrorKind | None = None


class PassageText(BaseModel):
    """A passage whose sentences are to get vectors."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    text: str


class PassageTexts(BaseModel):
    """Some of those that a document has; with none, all have theirs."""

    title: str = Field(description="The document's first line.")
    passages: list[PassageText]


class PassageVector(BaseModel):
    """A sentence of a passage as the model sees it: its text from ``start`` up to ``end``, in code
    points of the passage."""

    passage: Annotated[int, Field(ge=0, lt=2**63)]
    start: Offset
    end: Annotated[Offset, Field(le=PAGE_CHARACTERS)]
    vector: Vector

    @model_validator(mode="after")
    def refuse_nothing(self) -> Self:
        if self.start >= self.end:
            raise ValueError("A sentence has at least one character")
        return self


class PassageVectors(BaseModel):
    """Of one document, by one model."""

    model: VectorModel
    vectors: list[PassageVector] = Field(min_length=1, max_length=MOST_VECTORS)


class EmbeddingEnd(BaseModel):
    """All of the document's passages have vectors of this model, as far as it could make them."""

    model: VectorModel
