"""What db-api says of documents and recordings, and of a chat's page, which has its messages, its
documents and the list beside them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.clients.types import FINAL, Chat, ChatPage, MessagePage, Received, State

DocumentKind = Literal["pdf", "text", "markdown", "jpeg", "png", "sound"]
DocumentSource = Literal["text", "ocr", "needs-ocr", "unreadable", "empty"]
DocumentError = Literal[
    "encrypted", "damaged", "too-many-pages", "too-large", "too-long", "empty", "crashed"
]


class ChatOfDocument(Received):
    """A chat that has a document."""

    id: UUID
    title: str | None = None
    added_at: datetime | None = None


class Document(Received):
    """A file in chats or in the library. `size` is in bytes; `shown_size` that of a picture as it
    may be shown, if there is one. `pages` is None until they are counted; `unreadable` pages could
    not be read, those in `needs_ocr` wait for a program that reads pictures. `has_text`: some page
    has. `vector_model`: whose vectors it is found by; None: by its words alone."""

    id: UUID
    name: str
    kind: DocumentKind
    size: int
    shown_size: int | None
    in_library: bool
    chats: list[ChatOfDocument]
    state: State
    error: DocumentError | None
    pages: int | None
    pages_read: int
    unreadable: list[int]
    needs_ocr: list[int]
    has_text: bool
    vector_model: str | None
    created_at: datetime

    @property
    def final(self) -> bool:
        """Nothing changes any more by itself."""
        return self.state in FINAL

    def added_to(self, chat: UUID) -> datetime:
        """When it came into this chat, where it may be from the library."""
        added = (each.added_at for each in self.chats if each.id == chat)
        return next(added, None) or self.created_at

    @property
    def is_readable(self) -> bool:
        """Whether it has been read, or may be."""
        return self.state != "failed"


class Documents(Received):
    """The newest first."""

    items: list[Document]


class DocumentPage(Received):
    """The text of a page, as it was read."""

    number: int
    text: str
    source: DocumentSource


class FoundPassage(Received):
    """A part of a page that fits what was looked for: its text from `start` up to `end`. Its
    sentence that comes nearest by its meaning is known where there are vectors."""

    document_id: UUID
    name: str
    page: int
    start: int
    end: int
    text: str
    sentence_start: int | None = None
    sentence_end: int | None = None


class Found(Received):
    """The passages that fit best, the best first: whether they are a `good` answer, or `related` at
    all."""

    passages: list[FoundPassage]
    good: bool
    related: bool


class Upload(Received):
    """A file that is being uploaded."""

    id: UUID


class KeptDocument(Document):
    """What became of an upload; `repeated` if the session had that content before."""

    repeated: bool


class Recording(Received):
    """Sound that is transcribed for a message: how many of its parts, of half a minute each, have
    been, and what was said in them. `pages` is None until they are counted."""

    id: UUID
    state: State
    error: DocumentError | None
    pages: int | None
    pages_read: int
    text: str

    @property
    def final(self) -> bool:
        """Nothing changes any more by itself."""
        return self.state in FINAL


class Recordings(Received):
    """The oldest first."""

    items: list[Recording]


class Page(Received):
    """All that a chat's page shows, with the newest chats for the list beside it."""

    chat: Chat
    messages: MessagePage
    documents: list[Document]
    chats: ChatPage
