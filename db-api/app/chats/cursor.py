"""Keyset pagination of the list of chats: a page is asked for by where the one before ended.

It works also when that chat has moved meanwhile, or was deleted.
"""

from datetime import UTC, datetime
from typing import NamedTuple, Self
from uuid import UUID

from app.db.base import AnyRow
from app.errors import InvalidInput


class Cursor(NamedTuple):
    """The sort key of one chat in the list, which is read backwards. As text it goes into a URL."""

    pinned: bool
    updated_at: datetime
    id: UUID

    @classmethod
    def of(cls, chat: AnyRow) -> Self:
        """This chat's key now."""
        return cls(chat.pinned, chat.updated_at, chat.id)

    @classmethod
    def parse(cls, written: str) -> Self:
        """From what ``str`` made of one; InvalidInput for anything else."""
        try:
            pinned, updated_at, chat_id = written.split("~")
            return cls(pinned == "1", datetime.fromisoformat(updated_at), UUID(chat_id))
        except ValueError:
            raise InvalidInput.of("before", "Not a cursor") from None

    def __str__(self) -> str:
        updated_at = self.updated_at.astimezone(UTC).replace(tzinfo=None).isoformat()
        return f"{self.pinned:d}~{updated_at}Z~{self.id}"
