"""Documents as they are shown."""

from dataclasses import dataclass, field

from app.clients.types import Document, DocumentPage, Limits
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


@dataclass(frozen=True)
class DocumentView:
    """`document.html`: a page of it, `number`, beside the original; `page` is None until it has
    been read."""

    chats: ChatList
    document: Document
    number: int
    page: DocumentPage | None
    problem: Problem | None = None


@dataclass(frozen=True)
class UploadedView:
    """`_uploaded.html`: what a script gets that has uploaded a file."""

    documents: list[Document]
    upload: str
    notes: list[Problem]
