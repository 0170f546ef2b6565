"""Documents as they are shown."""

from dataclasses import dataclass, field
from uuid import UUID

from app.clients.document_types import Document, DocumentPage
from app.clients.types import Chat, Limits, Message, Mode
from app.views.lists import ChatList
from app.views.messages import Composer
from app.views.problems import Problem

MOST_OFFERED = 4  # pictures of a message


def offer_pictures(documents: list[Document], chat: UUID) -> list[Document]:
    """The pictures that came into the chat last, which can go with a message."""
    pictures = [d for d in documents if d.kind in ("jpeg", "png") and d.is_readable]
    return sorted(pictures, key=lambda picture: picture.added_to(chat))[-MOST_OFFERED:]


def tick_new(offered: list[Document], chat: UUID, last: Message | None) -> list[UUID]:
    """Those that came after the last message, which are likely to be meant."""
    return [d.id for d in offered if last is None or d.added_to(chat) > last.created_at]


@dataclass(frozen=True)
class DocumentsPage:
    """`documents.html`: the library and what chats have; `notes` are about files that were uploaded
    or deleted just now, and one was `renamed`."""

    chats: ChatList
    documents: list[Document]
    limits: Limits
    notes: list[Problem] = field(default_factory=list)
    renamed: UUID | None = None

    upload = "/documents"

    @property
    def lack_vectors(self) -> bool:
        """Whether some are found by their words alone."""
        return any(d.state == "complete" and d.vector_model is None for d in self.documents)


@dataclass(frozen=True)
class DocumentView:
    """`document.html`: a page of it, `number`, beside the original; `page` is None until it has
    been read. `quote` are the words to be marked, from one code point up to another; `chat` and
    `reply` where they were quoted. `deleting`: somebody asked to delete it."""

    chats: ChatList
    document: Document
    number: int
    page: DocumentPage | None
    problem: Problem | None = None
    quote: tuple[int, int] | None = None
    chat: UUID | None = None
    reply: UUID | None = None
    deleting: bool = False

    @property
    def parts(self) -> tuple[str, str, str]:
        """The page's text: before the words to be marked, these, and after them."""
        text = self.page.text if self.page else ""
        start, end = self.quote or (len(text), len(text))
        return text[:start], text[start:end], text[max(start, end) :]

    @property
    def is_readable(self) -> bool:
        """Whether there are pages to be shown, now or later."""
        return self.document.is_readable

    @property
    def is_framed(self) -> bool:
        """Whether the original is shown by the browser itself, in a frame. That takes the focus
        and scrolls, away from what is asked before it is deleted."""
        return self.document.kind == "pdf" and self.is_readable and not self.deleting


@dataclass(frozen=True)
class UploadedView:
    """`_uploaded.html`: what a script gets that has uploaded a file. `mode`: how messages of this
    chat can be answered now that it has documents; `offered` are the pictures that can go with
    them, where a model `sees_pictures`."""

    documents: list[Document]
    upload: str
    notes: list[Problem]
    mode: Mode | None = None
    offered: list[Document] = field(default_factory=list)
    ticked: list[UUID] = field(default_factory=list)
    sees_pictures: bool = False

    @property
    def managed(self) -> bool:
        """Whether each has a menu: in the library."""
        return self.upload == DocumentsPage.upload


@dataclass(frozen=True)
class AttachPage:
    """`attach.html`: a form for files, and the message that was typed before; without `chat` they
    begin one."""

    chats: ChatList
    chat: Chat | None
    composer: Composer
    document_bytes: int
    hears: bool  # recordings, too

    @property
    def upload(self) -> str:
        """Where the files are uploaded to."""
        return f"/chats/{self.chat.id if self.chat else 'new'}/documents"


@dataclass(frozen=True)
class ChoicePage(AttachPage):
    """`choice.html`: the same, with the documents that the chat may be given, which it doesn't
    have."""

    documents: list[Document]
    problem: Problem | None = None

    @property
    def action(self) -> str:
        """Where the form leads."""
        return f"{self.upload}/add"
