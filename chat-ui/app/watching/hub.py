"""All feeds of this copy: opened by the first watcher of a chat, closed after the last."""

import asyncio
from uuid import UUID

from app.clients.messages import MessagesClient
from app.clients.types import Growth, News, Sent
from app.watching.feed import Feed

# How long after a send its sender may take to begin watching.
EXPECTED_SECONDS = 1.0


class Hub:
    """Hands out feeds and passes the runner's news on to them."""

    def __init__(self, messages: MessagesClient) -> None:
        self._messages = messages
        # By session, too: a stranger who asks for a chat must not meet its owner's feed.
        self._feeds: dict[tuple[UUID, UUID], Feed] = {}
        self._led: dict[UUID, dict[UUID, Growth]] = {}

    async def join(self, session: UUID, chat: UUID, since: int) -> Feed:
        """A feed that holds everything after `since`; `leave` it when done.

        Raises NotFound, SessionEnded or Unavailable, as db-api says.
        """
        key = session, chat
        feed = self._feeds.get(key)
        if feed and not feed.ended:
            await feed.reach_back(since)
        else:
            feed = Feed(self._messages, session, chat)
            await feed.open(since)
            for growth in self._led.get(chat, {}).values():
                feed.lead(growth)
            if key in self._feeds and not self._feeds[key].ended:
                feed.close()  # two came at once: the first one's feed serves both
                feed = self._feeds[key]
                await feed.reach_back(since)
            self._feeds[key] = feed
        feed.watchers += 1
        return feed

    def expect(self, session: UUID, chat: UUID, sent: Sent) -> None:
        """Somebody who has just sent a message is about to watch: the feed is there already, so
        that nothing is asked of db-api in the very moment in which the model begins to read."""
        key = session, chat
        if key in self._feeds and not self._feeds[key].ended:
            return
        messages = [sent.message, sent.reply]
        news = News(messages=messages, replies=[], head=sent.reply.id, idle=sent.repeated)
        feed = self._feeds[key] = Feed(self._messages, session, chat)
        for growth in self._led.get(chat, {}).values():
            feed.lead(growth)
        feed.begin(news, sent.message.seq - 1, pause=EXPECTED_SECONDS)
        asyncio.get_running_loop().call_later(EXPECTED_SECONDS, self._drop, feed)

    def leave(self, feed: Feed) -> None:
        """One watcher less; the last one closes the feed."""
        feed.watchers -= 1
        self._drop(feed)

    def _drop(self, feed: Feed) -> None:
        """Unless somebody watches it."""
        if feed.watchers == 0:
            feed.close()
            if self._feeds.get((feed.session, feed.chat)) is feed:
                del self._feeds[feed.session, feed.chat]

    def close(self) -> None:
        """Lets go of everybody who watches: they come back, to another copy perhaps."""
        for feed in self._feeds.values():
            feed.dismiss()

    def lead(self, chat: UUID, growth: Growth) -> None:
        """The runner here begins to write a reply of this chat."""
        self._led.setdefault(chat, {})[growth.reply.id] = growth
        for feed in self._of(chat):
            feed.lead(growth)

    def unlead(self, chat: UUID, reply: UUID) -> None:
        """The runner here has let go of the reply."""
        led = self._led.get(chat, {})
        led.pop(reply, None)
        if not led:
            self._led.pop(chat, None)
        for feed in self._of(chat):
            feed.unlead(reply)

    def publish(self, chat: UUID, growth: Growth) -> None:
        """Stored text, to be shown now."""
        if growth.reply.id in self._led.get(chat, {}):
            self._led[chat][growth.reply.id] = growth
        for feed in self._of(chat):
            feed.grow(growth)

    def _of(self, chat: UUID) -> list[Feed]:
        return [feed for key, feed in self._feeds.items() if key[1] == chat]
