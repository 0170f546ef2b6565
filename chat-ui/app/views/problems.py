"""What went wrong, for a page."""

from dataclasses import dataclass, field

from app.clients.types import DeletedChat
from app.errors import (
    FIELDS,
    LIMITS,
    REFUSALS,
    BranchMoved,
    ChatsFull,
    CrossSite,
    DocumentsFull,
    FileKindRefused,
    FileTooLarge,
    FormTooLarge,
    InvalidInput,
    KeyReused,
    MessageTooLarge,
    NotFound,
    NothingToContinue,
    ParleyError,
    QueueFull,
    ReplyUnfinished,
    SessionEnded,
    StorageFull,
    TokensFull,
    Unavailable,
    UploadFailed,
)
from app.views.lists import ChatList
from app.views.messages import Composer

# Every kind a page can show. `_problem.html` has words for each; a test holds it to that.
KINDS = REFUSALS | {
    *(error.kind for error in (NotFound, SessionEnded, CrossSite, InvalidInput, KeyReused)),
    *(error.kind for error in (BranchMoved, ReplyUnfinished, NothingToContinue, QueueFull)),
    *(error.kind for error in (MessageTooLarge, FormTooLarge, Unavailable, ParleyError)),
    *(error.kind for error in (FileTooLarge, DocumentsFull, StorageFull, FileKindRefused)),
    UploadFailed.kind,
    ChatsFull.kind,
    TokensFull.kind,
    *(f"limit-{name}" for name in LIMITS),
    "file-repeated",
    "document-deleted",
    "no-file",
    "no-document",
    "document-gone",  # NotFound, of a document
    "form-without-session",  # SessionEnded, with a form that is not short
    "chat-not-found",  # NotFound, of a chat's page
    "chat-gone",  # NotFound, with a message that could not be sent
    "unsent",  # Unavailable, with a message that could not be sent
    "form-unavailable",  # Unavailable, with any other form
    "tool-text-missing",  # InvalidInput, of a tool that was chosen without a text
    "not-sure",
    "not-signed-out",
    "text-with-nul",
    "text-not-utf8",
    "wrong-method",
    "unknown-host",
}


@dataclass(frozen=True)
class Problem:
    """Something a person should know; `_problem.html` has the words for each kind. `others` are
    about other fields of the same form."""

    kind: str
    facts: dict[str, int | str] = field(default_factory=dict)
    others: tuple["Problem", ...] = ()

    @classmethod
    def of(cls, error: ParleyError) -> "Problem":
        """The problem that an exception means."""
        others = error.others if isinstance(error, InvalidInput) else ()
        return cls(error.kind, error.facts, tuple(cls(o.kind, o.facts) for o in others))

    @property
    def headers(self) -> dict[str, str]:
        """When to try again, if it is a matter of time."""
        after = self.facts.get("retry_after")
        return {"Retry-After": str(after)} if after else {}

    @property
    def field(self) -> str:
        """The name of the field that a kind of InvalidInput is about; empty for all others."""
        if self.kind not in REFUSALS:
            return ""
        return next(name for name, kind in FIELDS.items() if self.kind.startswith(f"{kind}-"))

    def find(self, name: str) -> "Problem | None":
        """The one that is about this field."""
        return next((each for each in (self, *self.others) if each.field == name), None)


@dataclass(frozen=True)
class ErrorPage:
    """`error.html`: a problem as a page of its own, with the unsent text in `composer` if any.

    `again` is where that text can be sent once more; without it, it is only there to be copied.
    `chat` is the one to go back to; `chats` are listed beside it, where they can be read; `deleted`
    is the chat that was looked for, if it can be restored.
    """

    problem: Problem
    again: str | None = None
    composer: Composer | None = None
    refresh: bool = False
    chat: str | None = None
    chats: ChatList | None = None
    deleted: DeletedChat | None = None
