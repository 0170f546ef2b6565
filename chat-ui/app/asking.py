"""With which token a program asks, for db-api: what is asked for counts for that token, too."""

from contextvars import ContextVar
from uuid import UUID

_current: ContextVar[UUID | None] = ContextVar("token", default=None)


def note_token(token: UUID) -> None:
    """db-api is told of it by all calls of this request."""
    _current.set(token)


def token_header() -> dict[str, str]:
    """The header that tells it; none where a person asks."""
    token = _current.get()
    return {"X-Token-ID": str(token)} if token else {}
