"""What can go wrong for a person, as exceptions.

    ParleyError
    ├── NotFound          404  no such page, chat or reply, or not this session's
    ├── CrossSite         403  the request came from another site
    ├── SessionEnded      401  the session expired or was ended
    ├── TokenRefused      401  a program's token is unknown, revoked or expired
    ├── TokensFull        409  a token more than a session may have
    ├── InvalidInput      422  a form that can't be taken as it is
    ├── KeyReused         409  a send repeated with other text
    ├── BranchMoved       409  a message below one that the chat does not show any more
    ├── ReplyUnfinished   409  a new version of a reply that is still being written
    ├── NothingToContinue 409  a complete reply that was to be continued
    ├── UploadFailed      409  a file of which not all arrived
    ├── FileKindRefused   415  a file that is no document
    ├── TooMuch           429
    │   ├── QueueFull          the queue is full
    │   └── LimitReached       more than this session may ask for just now
    ├── TooLarge          413
    │   ├── MessageTooLarge    a message over its limit
    │   ├── FormTooLarge       a form far over that
    │   ├── FileTooLarge       a file over its limit
    │   ├── DocumentsFull      a file for which the session has no room
    │   └── ChatsFull          a message or a chat for which the session has no room
    ├── StorageFull       507  a file for which there is no room at all
    ├── NothingToShorten  409  a prompt that is one message already
    ├── LeaseLost         409  a reply another runner has taken over
    └── Unavailable       503  db-api, or the database behind it, is out of reach

The words a person reads for each are in `templates/_problem.html`, chosen by `kind`.
"""

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:  # what db-api says is read with these errors
    from app.clients.usage_types import Room

# db-api's fields that a person fills in, by the name that kinds of InvalidInput begin with.
FIELDS = {
    "name": "name",
    "username": "name",
    "title": "title",
    "system_prompt": "system-prompt",
    "temperature": "temperature",
    "reply_tokens": "reply-tokens",
    "turns": "turns",
    "days": "days",
    "scopes": "scopes",
    "content": "prompt",
    "client_key": "key",
    "pictures": "pictures",
}
# What db-api may say of them that a page has its own words for.
REFUSALS = frozenset(
    {
        *("name-missing", "name-too-long", "name-control-characters"),
        *("title-missing", "title-too-long", "title-control-characters"),
        *("system-prompt-too-long", "temperature-out-of-range", "reply-tokens-out-of-range"),
        *("turns-out-of-range", "prompt-missing", "key-too-long", "pictures-invalid"),
        *("days-out-of-range", "scopes-missing"),
    }
)

# What db-api may say that has a limit, in requests.
LIMITS = (
    *("chat-replies", "session-replies", "messages", "chats", "tokens", "sessions"),
    *("streams", "searches", "all-searches", "exports"),
    *("program-messages", "program-tokens"),
)


class ParleyError(Exception):
    """A problem with a status and a kind; `facts` are the figures its text needs."""

    status = 500
    kind = "internal"

    def __init__(self, kind: str | None = None, **facts: int | str) -> None:
        self.kind = kind or self.kind
        self.facts = facts
        super().__init__(self.kind)


class NotFound(ParleyError):
    """Unknown and not-yours look the same."""

    status = 404
    kind = "not-found"


class CrossSite(ParleyError):
    """A form posted from a page of another site."""

    status = 403
    kind = "cross-site"


class SessionEnded(ParleyError):
    """The cookie names a session that expired or was ended."""

    status = 401
    kind = "session-ended"


class TokenRefused(ParleyError):
    """What a program shows is no live token."""

    status = 401
    kind = "token-refused"


class TokensFull(ParleyError):
    """Fact: `limit`, of live tokens of a session."""

    status = 409
    kind = "tokens-full"


class InvalidInput(ParleyError):
    """A form that can't be taken as it is; `kind` says why. `others` are about other fields."""

    status = 422
    kind = "invalid-input"
    others: tuple["InvalidInput", ...] = ()

    @classmethod
    def of(cls, field: str, reason: str, **facts: int | str) -> "InvalidInput":
        """What db-api refused. Facts: `size` and `limit`, or `least` and `most`."""
        kind = f"{FIELDS.get(field)}-{reason}"
        return cls(kind, **facts) if kind in REFUSALS else cls()


class KeyReused(ParleyError):
    """The form was sent before, with other text."""

    status = 409
    kind = "key-reused"


class BranchMoved(ParleyError):
    """Another tab chose another version meanwhile. Fact: `head`, the chat's end now, if any."""

    status = 409
    kind = "branch-moved"

    @property
    def head(self) -> UUID | None:
        """The last message of the branch shown now."""
        head = self.facts.get("head")
        return UUID(str(head)) if head else None


class ReplyUnfinished(ParleyError):
    """Another version of a reply can be asked for once it has ended."""

    status = 409
    kind = "reply-unfinished"


class NothingToContinue(ParleyError):
    """Only a reply that was stopped, failed or cut off can be continued."""

    status = 409
    kind = "nothing-to-continue"


class TooLarge(ParleyError):
    """More bytes than can be taken."""

    status = 413


class MessageTooLarge(TooLarge):
    """Facts: `size` and `limit`, in bytes."""

    kind = "message-too-large"


class FormTooLarge(TooLarge):
    """Fact: `limit`, in bytes."""

    kind = "form-too-large"


class FileTooLarge(TooLarge):
    """Facts: `size`, if it is known, and `limit`, in bytes."""

    kind = "file-too-large"


class DocumentsFull(TooLarge):
    """Fact: `limit`, in bytes, of all documents of a session."""

    kind = "documents-full"


class ChatsFull(TooLarge):
    """Fact: `limit`, in bytes, of all chats of a session."""

    kind = "chats-full"


class StorageFull(ParleyError):
    """Fact: `limit`, in bytes, of all documents there are."""

    status = 507
    kind = "storage-full"


class FileKindRefused(ParleyError):
    """Fact: `found`, what the file is instead of a document."""

    status = 415
    kind = "file-kind-refused"


class UploadFailed(ParleyError):
    """A file was cut off, or given up, on its way."""

    status = 409
    kind = "upload-failed"


class TooMuch(ParleyError):
    """For now. Facts: `limit`, and `retry_after` in seconds. `room`: what may still be asked for,
    if db-api said so."""

    status = 429
    room: "Room | None" = None


class QueueFull(TooMuch):
    """Too many replies are queued, whoever they are for."""

    kind = "queue-full"


class LimitReached(TooMuch):
    """One of LIMITS, by which the kind is called."""

    def __init__(self, what: str = "", **facts: int | str) -> None:
        if what not in LIMITS:
            raise ValueError(what)
        super().__init__(f"limit-{what}", **facts)


class NothingToShorten(ParleyError):
    """Only the runner meets this one: the message alone is more than the model can read."""

    status = 409
    kind = "nothing-to-shorten"


class LeaseLost(ParleyError):
    """Only the runner meets this one: somebody else writes the reply now."""

    status = 409
    kind = "lease-lost"


class Unavailable(ParleyError):
    """A service that answers again by itself, as a rule within seconds."""

    status = 503
    kind = "unavailable"
