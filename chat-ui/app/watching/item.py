"""A message as a feed knows it, and what those who watch are shown of it."""

import logging

from markupsafe import escape

from app.aside import run_aside
from app.clients.types import Growth, Message
from app.markdown import StreamingMarkdown
from app.views.messages import view_message, weigh
from app.watching.scene import Shown

log = logging.getLogger(__name__)


class Item:
    """What is known goes ahead of what is `shown`: that is rendered first."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.text = message.content
        self.version = 0  # counts everything but growing text
        self.shown: Shown | None = None
        self._markdown = StreamingMarkdown()
        self._fed = 0

    @property
    def unfinished(self) -> bool:
        """Whether more is to come."""
        return self.message.reply is not None and not self.message.reply.final

    @property
    def due(self) -> bool:
        """Whether there is more to show than is shown."""
        shown = self.shown
        return shown is None or (shown.version, len(shown.text)) != (self.version, len(self.text))

    @property
    def weight(self) -> int:
        """Characters of Markdown that showing it means to read."""
        if self.unfinished:
            return self._markdown.weight + len(self.text) - self._fed
        return weigh(self.message)

    def grow(self, growth: Growth) -> bool:
        """Takes over a reply's new state and the part of its text that is new here, if any."""
        if not self.unfinished or growth.offset > len(self.text):
            return False
        news = growth.text[len(self.text) - growth.offset :]
        self.text += news
        turned = growth.reply != self.message.reply
        if turned:
            content = self.text if growth.reply.final else self.message.content
            self.message = self.message.model_copy(
                update={"reply": growth.reply, "content": content}
            )
            self.version += 1
        return turned or news != ""

    def show(self) -> None:
        """Renders what is known."""
        self.shown = self._render(self.message, self.text, self.version)

    async def show_aside(self) -> None:
        """Renders what is known now, while more may come."""
        self.shown = await run_aside(self._render, self.message, self.text, self.version)

    def _render(self, message: Message, text: str, version: int) -> Shown:
        try:
            if message.reply is None or message.reply.final:
                return Shown(message, text, version, (view_message(message).html,), None)
            self._markdown.feed(text[self._fed :])
            self._fed = len(text)
            return Shown(message, text, version, tuple(self._markdown.closed), self._markdown.open)
        except Exception:
            # As it was written: who watches, and who writes, must not wait for ever.
            log.exception("message %s can't be rendered", message.id)
            return Shown(message, text, version, (), escape(text))
