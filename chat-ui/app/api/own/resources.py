"""What `/api` answers. Chats, messages and documents are as in an export, which is a promise, too:
fields are added at most."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from app.clients.document_types import Document, DocumentError, DocumentPage, DocumentSource
from app.clients.types import (
    ChatPage,
    DeletedChat,
    Hit,
    ListedChat,
    MessagePage,
    Role,
    State,
)
from app.exports.format import ExportedChat, ExportedDocument, ExportedMessage
from app.views.lists import CLOSE, OPEN


class OwnListedChat(ExportedChat):
    """A chat in a list."""

    writing: bool = Field(description="A reply in it is queued or being written.")

    @classmethod
    def of(cls, chat: ListedChat) -> Self:
        """From what db-api says."""
        return cls.model_validate(chat.model_dump())


class OwnChats(BaseModel):
    """The pinned ones first, then those written to last."""

    items: list[OwnListedChat]
    next: str | None = Field(description="Pass it as `before` for the next page; null: no more.")

    @classmethod
    def of(cls, page: ChatPage) -> Self:
        """From what db-api says."""
        return cls(items=[OwnListedChat.of(chat) for chat in page.items], next=page.next)


class OwnDeletedChat(BaseModel):
    """A chat that can be restored for a day; so many documents went with it."""

    id: UUID
    title: str | None
    deleted_at: datetime
    documents: int

    @classmethod
    def of(cls, chat: DeletedChat) -> Self:
        """From what db-api says."""
        return cls.model_validate(chat.model_dump())


class OwnDeletedChats(BaseModel):
    """The one deleted last first."""

    items: list[OwnDeletedChat]


class OwnMessages(BaseModel):
    """A part of a branch, the oldest first."""

    items: list[ExportedMessage]
    earlier: UUID | None = Field(description="Pass it as `before` for what came before.")
    later: bool = Field(description="There is more below on this branch.")
    shown: bool = Field(description="The branch is the one that the chat shows.")

    @classmethod
    def of(cls, page: MessagePage) -> Self:
        """From what db-api says."""
        items = [ExportedMessage.of(message) for message in page.items]
        return cls(items=items, earlier=page.earlier, later=page.later, shown=page.shown)


class OwnSent(BaseModel):
    """What was stored: your message and its reply, as far as that has come."""

    chat_id: UUID
    title: str | None
    message: ExportedMessage | None = Field(description="Null: the chat begins empty.")
    reply: ExportedMessage | None
    repeated: bool = Field(description="It was stored before, under the same key.")

    @classmethod
    def empty(cls, chat: UUID) -> Self:
        """A chat in which nobody has written yet."""
        return cls(chat_id=chat, title=None, message=None, reply=None, repeated=False)


class OwnHit(BaseModel):
    """A chat whose title has every word, or a message. `found` are the parts of `snippet` that are
    meant, in code points; so many more of the chat are `left_out`."""

    chat_id: UUID
    title: str | None
    message_id: UUID | None
    role: Role | None
    snippet: str
    found: list[list[int]]
    created_at: datetime
    left_out: int

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """From what db-api says."""
        snippet, found = _take_marks(hit.snippet)
        return cls(**hit.model_dump(exclude={"snippet"}), snippet=snippet, found=found)


class OwnHits(BaseModel):
    """Titles first, then messages, of both the newest first."""

    items: list[OwnHit]
    next: int | None = Field(description="Pass it as `offset` for the next page; null: no more.")


class ChatOfOwnDocument(BaseModel):
    """A chat that has the document."""

    id: UUID
    title: str | None


class OwnDocument(ExportedDocument):
    """A file in chats or in the library, and how far it has been read: `pages_read` of `pages`,
    which are null until they are counted. `error` is why it could not be read."""

    in_library: bool
    chats: list[ChatOfOwnDocument]
    state: State
    error: DocumentError | None
    pages_read: int
    unreadable: list[int]
    needs_ocr: list[int]
    has_text: bool

    @classmethod
    def of(cls, document: Document) -> Self:
        """From what db-api says."""
        return cls.model_validate(document.model_dump())


class OwnDocuments(BaseModel):
    """The newest first."""

    items: list[OwnDocument]


class RefusedFile(BaseModel):
    """A file that was not taken."""

    name: str
    message: str
    code: str | None


class OwnUpload(BaseModel):
    """What became of the files of a form. What was here before is not kept twice."""

    items: list[OwnDocument]
    refused: list[RefusedFile]


class OwnPage(BaseModel):
    """The text of a page of a document, as it was read."""

    number: int
    text: str
    source: DocumentSource

    @classmethod
    def of(cls, page: DocumentPage) -> Self:
        """From what db-api says."""
        return cls.model_validate(page.model_dump())


def _take_marks(marked: str) -> tuple[str, list[list[int]]]:
    """A snippet without its marks, and where they were."""
    before, *parts = marked.split(OPEN)
    text, found = before.replace(CLOSE, ""), []
    for part in parts:
        words, _, after = part.partition(CLOSE)
        found.append([len(text), len(text) + len(words)])
        text += words + after.replace(CLOSE, "")
    return text, found
