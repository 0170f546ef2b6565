"""What those who watch a chat are shown: one moment of it, with all its Markdown rendered."""

from dataclasses import dataclass, field
from uuid import UUID

from markupsafe import Markup

from app.clients.types import Message


@dataclass(frozen=True)
class Seen:
    """What one watcher has been sent of one message; `version` counts all but growing text,
    `calls` those of tools and their results."""

    version: int
    closed: int
    open: Markup
    calls: int = 0


@dataclass(frozen=True, eq=False)
class RenderedMessage:
    """A message at one moment: the blocks that stay, and the one still growing."""

    message: Message
    text: str
    version: int
    closed: tuple[Markup, ...]
    open: Markup | None
    events: dict[Seen | None, bytes] = field(default_factory=dict)
    """Those that bring a watcher here, by what it has seen: made once, however many watch."""

    @property
    def calls(self) -> int:
        """How many of tools have begun, and how many have ended, too."""
        return self.message.reply.calls_told if self.message.reply else 0

    @property
    def unfinished(self) -> bool:
        """Whether more is to come."""
        return self.message.reply is not None and not self.message.reply.final


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A chat at one moment. `head` is where the branch shown ends."""

    messages: dict[UUID, RenderedMessage] = field(default_factory=dict)
    head: UUID | None = None
    away: bool = False  # db-api does not answer just now
    ended: bool = False  # nothing is left to say, or the chat is gone

    def after(self, since: int) -> list[RenderedMessage]:
        """The messages a watcher who knows all up to `since` has to be told of, in order: those
        of the branch shown. What was told of another one before stays in `messages`."""
        branch: list[RenderedMessage] = []
        shown = self.messages.get(self.head) if self.head else None
        while shown and shown.message.seq > since:
            branch.append(shown)
            parent = shown.message.parent_id
            shown = self.messages.get(parent) if parent else None
        return branch[::-1]

    def leads_through(self, last: UUID | None, branch: list[RenderedMessage]) -> bool:
        """Whether a watcher whose last message is this one looks at the branch shown, which
        continues with these messages."""
        if last is None or last == self.head:
            return True
        above = branch[0].message.parent_id if branch else None
        return last == above or any(shown.message.id == last for shown in branch)
