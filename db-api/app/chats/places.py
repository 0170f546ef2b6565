"""Where a chat stands in the list, as a page of it ends there: what stands below can be asked for
even when that chat has moved, or was deleted."""

from datetime import UTC, datetime
from typing import NamedTuple, Self
from uuid import UUID

from app.base import AnyRow
from app.errors import InvalidInput


class Place(NamedTuple):
    """In the order of the list, which is read backwards; as text, it goes into an address."""

    pinned: bool
    updated_at: datetime
    id: UUID

    @classmethod
    def of(cls, chat: AnyRow) -> Self:
        """Where this chat stands now."""
        return cls(chat.pinned, chat.updated_at, chat.id)

    @classmethod
    def parse(cls, written: str) -> Self:
        """From what ``str`` made of one; InvalidInput for anything else."""
        try:
            pinned, updated_at, chat_id = written.split("~")
            return cls(pinned == "1", datetime.fromisoformat(updated_at), UUID(chat_id))
        except ValueError:
            raise InvalidInput(errors=[{"field": "before", "message": "Not a next"}]) from None

    def __str__(self) -> str:
        updated_at = self.updated_at.astimezone(UTC).replace(tzinfo=None).isoformat()
        return f"{self.pinned:d}~{updated_at}Z~{self.id}"
