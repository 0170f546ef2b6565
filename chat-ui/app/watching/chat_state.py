"""What is known of one chat: its messages below a certain one, and how their replies are doing.

db-api and the runner in this process may both bring the same text; offsets make the second time
harmless.
"""

from collections.abc import Iterable
from uuid import UUID

from app.clients.updates import ChatUpdate, KnownReply, ReplyUpdate
from app.watching.watched_message import WatchedMessage


class ChatState:
    """Merges what db-api and the runner here say. `head` is where the branch shown ends."""

    def __init__(self) -> None:
        self.messages: dict[UUID, WatchedMessage] = {}
        self.head: UUID | None = None
        self.last_seq = 0  # of the newest message known
        self.away = False  # db-api does not answer just now
        self.ended = False  # nothing is left to say, or the chat is gone
        self._written_here: set[UUID] = set()

    @property
    def unfinished(self) -> bool:
        """Whether more of any reply is to come."""
        return any(message.unfinished for message in self.messages.values())

    @property
    def all_written_here(self) -> bool:
        """Whether the runner in this process writes all that is unfinished."""
        unfinished = {id for id, message in self.messages.items() if message.unfinished}
        return unfinished <= self._written_here

    @property
    def text_comes_from_here(self) -> bool:
        """Whether all growing text comes from the runner in this process."""
        running = [known.id for known in self.known() if known.state == "running"]
        return bool(running) and self._written_here.issuperset(running)

    def known(self) -> list[KnownReply]:
        """The unfinished replies, as db-api wants to be told of them."""
        replies = (message.known() for message in self.messages.values())
        return [known for known in replies if known]

    def attach_writer(self, update: ReplyUpdate) -> None:
        """From now on the runner in this process tells of this reply."""
        self._written_here.add(update.reply.id)
        self.apply(update)

    def detach_writer(self, reply: UUID) -> None:
        """The runner in this process no longer writes this reply."""
        self._written_here.discard(reply)

    def apply(self, update: ReplyUpdate) -> None:
        """Takes over what the runner in this process says of a reply."""
        self.away = False  # it was stored just now
        if message := self.messages.get(update.reply.id):
            message.apply(update)

    def merge(self, update: ChatUpdate) -> bool:
        """Takes over what db-api says. Whether anything was new."""
        changed = update.head != self.head
        self.head = update.head
        for message in update.messages:
            if message.id not in self.messages:
                self.messages[message.id] = WatchedMessage(message)
                changed = True
            self.last_seq = max(self.last_seq, message.seq)
        for reply_update in update.replies:
            changed |= self._merge_reply(reply_update)
        self.ended = update.idle and not self.unfinished
        return changed

    def _merge_reply(self, update: ReplyUpdate) -> bool:
        message = self.messages.get(update.reply.id)
        if message is None:
            return False
        if update.reply.id in self._written_here and not update.reply.final:
            # The runner here knows the state better than the database's last word.
            update = update.model_copy(update={"reply": message.message.reply})
        return message.apply(update)

    def forget(self, replies: Iterable[UUID]) -> None:
        """They were deleted: nothing more will come of them."""
        for reply in replies:
            self.messages.pop(reply, None)
