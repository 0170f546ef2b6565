"""Who is told of what the runner writes."""

from typing import Protocol
from uuid import UUID

from app.clients.updates import ReplyUpdate


class Publisher(Protocol):
    """Shows replies to those who watch their chat. It is only ever told of text that is stored.

    Of a reply between `attach_writer` and `detach_writer` every change comes from this process.
    """

    def attach_writer(self, chat: UUID, update: ReplyUpdate) -> None:
        """The runner here begins to write this reply."""

    def publish(self, chat: UUID, update: ReplyUpdate) -> None:
        """The reply as it is stored now, whole."""

    def detach_writer(self, chat: UUID, reply: UUID) -> None:
        """The runner here no longer writes this reply."""
