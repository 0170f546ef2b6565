"""Documents as they are shown."""

from dataclasses import dataclass, field

from app.clients.types import Chat, Document, DocumentPage, Limits
from app.views.lists import ChatList
from app.views.problems import Problem


@dataclass(frozen=True)
class DocumentsPage:
    """`documents.html`: the library and what chats have; `notes` are about files
    that were uploaded just now."""

    chats: ChatList
    documents: list[Document]
    limits: Limits
    notes: list[Problem] = field(default_factory=list)

    upload = "/documents"

    @property
    def lack_vectors(self) -> bool:
        """Whether some are found by their words alone."""
        return any(d.state == "complete" and d.vector_model is None for d in self.documents)


@dataclass(frozen=True)
class DocumentView:
    """`document.html`: a page of it, `number`, beside the original; `page` is None until it has
    been read."""

    chats: ChatList
    document: Document
    number: int
    page: DocumentPage | None
    problem: Problem | None = None

    @property
    def is_framed(self) -> bool:
        """Whether the original is shown by the browser itself, in a frame."""
        return self.document.kind == "pdf"


@dataclass(frozen=True)
class UploadedView:
    """`_uploaded.html`: what a script gets that has uploaded a file."""

    documents: list[Document]
    upload: str
    notes: list[Problem]

    @property
    def managed(self) -> bool:
        """Whether each has a menu: in the library."""
        return self.upload == DocumentsPage.upload


@dataclass(frozen=True)
class ChoicePage:
    """`chat_documents.html`: the documents that a chat may be given, which it doesn't have."""

    chats: ChatList
    chat: Chat
    documents: list[Document]
