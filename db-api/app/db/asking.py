"""With which token a program asks, in the call that is being worked at."""

from contextvars import ContextVar
from uuid import UUID

_current: ContextVar[UUID | None] = ContextVar("token", default=None)


def note_token(token_id: UUID | None) -> None:
    """For the transactions of this call; None where a person asks."""
    _current.set(token_id)


def get_token() -> UUID | None:
    """The token's id, if there is one."""
    return _current.get()
