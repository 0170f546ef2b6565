"""What the API says about documents."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.documents.kinds import Kind
from app.texts import DocumentName

State = Literal["queued", "running", "complete", "stopped", "failed"]
Source = Literal["text", "ocr", "needs-ocr", "unreadable", "empty"]
ErrorKind = Literal[
    "encrypted", "damaged", "too-many-pages", "too-large", "too-long", "empty", "crashed"
]


class ChatOfDocument(BaseModel):
    """A chat that has the document."""

    id: UUID
    title: str | None
    added_at: datetime = Field(description="When the document came into the chat.")


class Document(BaseModel):
    """A file in chats or in the library, and how far it has been read."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    kind: Kind
    size: int = Field(description="Bytes.")
    shown_size: int | None = Field(
        description="Bytes of the picture without its metadata; null: there is none."
    )
    in_library: bool
    chats: list[ChatOfDocument]
    state: State
    error: ErrorKind | None = Field(description="Why it could not be read.")
    pages: int | None = Field(description="Null until they are counted.")
    pages_read: int
    unreadable: list[int] = Field(description="Pages that could not be read.")
    needs_ocr: list[int] = Field(
        description="Pages that are pictures, which nothing here can read yet."
    )
    has_text: bool = Field(description="Some text was found in it.")
    vector_model: str | None = Field(
        description="The model whose vectors it is found by; null: by its words alone."
    )
    created_at: datetime


class Documents(BaseModel):
    """The newest documents first."""

    items: list[Document]


class NewDocument(BaseModel):
    """What an upload is to become."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "notes.txt",
                    "size": 7,
                    "sha256": "a2c064616af4c66c576821616646bdfad5556a263b4b007847605118971f4389",
                }
            ]
        }
    )

    name: str = Field(description="Its last part is kept, in one line.", max_length=4096)
    size: int
    sha256: str = Field(pattern="^[0-9a-fA-F]{64}$")
    chat_id: UUID | None = Field(default=None, description="Null: it goes to the library.")


class KeptDocument(Document):
    """What became of an upload."""

    repeated: bool = Field(description="The session had a document with this content before.")


class DocumentChanges(BaseModel):
    """What is to be different."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Contract.pdf"}]})

    name: DocumentName


class DocumentPage(BaseModel):
    """A page's text, as it was read."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    text: str
    source: Source
