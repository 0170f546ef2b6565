"""All feeds of this copy: opened by the first watcher of a chat, closed after the last."""

import asyncio
from uuid import UUID

from app.clients.messages import MessagesClient
from app.clients.queue_types import Sent
from app.clients.updates import ChatUpdate, ReplyUpdate
from app.errors import LimitReached
from app.watching.feed import Feed
from app.watching.notifier import Notifier

# How long after a send its sender may take to begin watching.
EXPECTED_SECONDS = 1.0
STREAM_SECONDS = 10  # after which one that was refused may try again


class Hub:
    """Hands out feeds and tells them what the runner here writes: it is the runner's publisher."""

    def __init__(self, messages: MessagesClient) -> None:
        self._messages, self._notifier = messages, Notifier()
        # By session, too: a stranger who asks for a chat must not meet its owner's feed.
        self._feeds: dict[tuple[UUID, UUID], Feed] = {}
        self._opening: dict[tuple[UUID, UUID], asyncio.Task[Feed]] = {}
        self._written_here: dict[UUID, dict[UUID, ReplyUpdate]] = {}  # by chat, by reply

    async def join(
        self,
        session: UUID,
        chat: UUID,
        since: int,
        last: UUID | None = None,
        *,
        most: int | None = None,
        plain: bool = False,
    ) -> Feed:
        """A feed that holds everything after `since`, and knows the last message that its watcher
        shows; `leave` it when done.

        Raises NotFound, SessionEnded or Unavailable, as db-api says; LimitReached if the session
        watches `most` already. What is limited is what this copy has to hold, so it alone counts.
        `plain` as in `expect`.
        """
        self.check_watchers(session, most, more=1)  # before db-api is asked
        key = session, chat
        feed = self._feeds.get(key)
        if not feed or feed.ended:
            if key not in self._opening:
                self._opening[key] = asyncio.create_task(self._open(session, chat, since, plain))
                self._opening[key].add_done_callback(lambda _: self._opening.pop(key))
            # Those who come at once share it: after a restart all of them do.
            feed = await asyncio.shield(self._opening[key])
        feed.watchers.count += 1
        try:
            self.check_watchers(session, most)  # others may have joined meanwhile
            await feed.reach_back(since, last)
        except BaseException:
            self.leave(feed)
            raise
        return feed

    def check_watchers(self, session: UUID, most: int | None, *, more: int = 0) -> None:
        """LimitReached if with `more` of them the session would watch more than `most`."""
        counts = (feed.watchers.count for key, feed in self._feeds.items() if key[0] == session)
        if most is not None and sum(counts) + more > most:
            raise LimitReached("streams", limit=most, retry_after=STREAM_SECONDS)

    async def _open(self, session: UUID, chat: UUID, since: int, plain: bool) -> Feed:
        feed = Feed(self._messages, self._notifier, session, chat, plain=plain)
        await feed.open(since)
        self._attach_writers(feed)
        known = self._feeds.get((session, chat))
        if known and not known.ended:
            feed.close()  # somebody who has just sent was expected meanwhile
            return known
        self._keep(feed)
        return feed

    def _keep(self, feed: Feed) -> None:
        """For a moment even if nobody watches it yet."""
        self._feeds[feed.session, feed.chat] = feed
        asyncio.get_running_loop().call_later(EXPECTED_SECONDS, self._drop, feed)

    def expect(self, session: UUID, chat: UUID, sent: Sent, *, plain: bool = False) -> None:
        """Somebody who has just sent a message is about to watch: the feed is there already, so
        that nothing is asked of db-api in the very moment in which the model begins to read. With
        `plain` nothing is rendered: a program watches."""
        key = session, chat
        if key in self._feeds and not self._feeds[key].ended:
            return
        update = ChatUpdate(
            messages=[sent.message, sent.reply],
            replies=[],
            head=sent.reply.id,
            idle=sent.repeated,
        )
        feed = Feed(self._messages, self._notifier, session, chat, plain=plain)
        self._attach_writers(feed)
        feed.begin(update, sent.message.seq - 1, pause=EXPECTED_SECONDS)
        self._keep(feed)

    def leave(self, feed: Feed) -> None:
        """One watcher less; the last one closes the feed."""
        feed.watchers.count -= 1
        self._drop(feed)

    def _drop(self, feed: Feed) -> None:
        """Unless somebody watches it."""
        if feed.watchers.count == 0:
            feed.close()
            if self._feeds.get((feed.session, feed.chat)) is feed:
                del self._feeds[feed.session, feed.chat]

    def is_idle(self) -> bool:
        """Whether nobody watches and nothing is written here."""
        return not self._feeds and not self._written_here

    def close(self) -> None:
        """Lets go of everybody who watches: they come back, to another copy perhaps."""
        for feed in self._feeds.values():
            feed.watchers.dismiss()

    def attach_writer(self, chat: UUID, update: ReplyUpdate) -> None:
        """The runner here begins to write a reply of this chat."""
        self._written_here.setdefault(chat, {})[update.reply.id] = update
        for feed in self._of(chat):
            feed.attach_writer(update)

    def detach_writer(self, chat: UUID, reply: UUID) -> None:
        """The runner here no longer writes the reply."""
        written = self._written_here.get(chat, {})
        written.pop(reply, None)
        if not written:
            self._written_here.pop(chat, None)
        for feed in self._of(chat):
            feed.detach_writer(reply)

    def publish(self, chat: UUID, update: ReplyUpdate) -> None:
        """Stored text, to be shown now."""
        if update.reply.id in self._written_here.get(chat, {}):
            self._written_here[chat][update.reply.id] = update
        for feed in self._of(chat):
            feed.publish(update)

    def _attach_writers(self, feed: Feed) -> None:
        for update in self._written_here.get(feed.chat, {}).values():
            feed.attach_writer(update)

    def _of(self, chat: UUID) -> list[Feed]:
        return [feed for key, feed in self._feeds.items() if key[1] == chat]
