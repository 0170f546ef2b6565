"""A message as a feed knows it, and what those who watch are shown of it."""

import logging
from collections.abc import Sequence

from markupsafe import escape

from app.clients.types import Message
from app.clients.updates import KnownReply, ReplyUpdate, StepUpdate
from app.markdown import StreamingMarkdown
from app.render_thread import run_in_render_thread
from app.views.messages import view_message, weigh
from app.watching.snapshot import RenderedMessage

log = logging.getLogger(__name__)


class WatchedMessage:
    """What is known runs ahead of what is `rendered`."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.text = message.content
        self.version = 0  # counts everything but growing text
        self.rendered: RenderedMessage | None = None
        self._steps = [message.content]  # the text of each; db-api tells where more begin
        self._markdown = StreamingMarkdown(str(message.id))
        self._fed = 0

    @property
    def unfinished(self) -> bool:
        """Whether more is to come."""
        return self.message.reply is not None and not self.message.reply.final

    @property
    def due(self) -> bool:
        """Whether more is known than is rendered."""
        done = self.rendered
        return done is None or (done.version, len(done.text)) != (self.version, len(self.text))

    @property
    def weight(self) -> int:
        """Characters of Markdown that rendering it means to read."""
        if self.unfinished:
            return self._markdown.weight + len(self.text) - self._fed
        return weigh(self.message)

    def known(self) -> KnownReply | None:
        """The reply as it is known, if more of it is to come."""
        reply = self.message.reply
        if reply is None or reply.final:
            return None
        return KnownReply(
            id=reply.id,
            state=reply.state,
            phase=reply.phase,
            queue_position=reply.queue_position,
            prompt_tokens_read=reply.prompt_tokens_read,
            stop_requested=reply.stop_requested,
            calls=reply.calls_told,
            step=len(self._steps) - 1,
            offset=len(self._steps[-1]),
        )

    def apply(self, update: ReplyUpdate) -> bool:
        """Takes over a reply's new state and the part of its text that is new here. Whether
        anything was."""
        if not self.unfinished:
            return False
        steps = _join(self._steps, update.steps)
        if steps is None:
            return False
        text = "".join(steps)
        grown = len(text) > len(self.text)
        if len(text) >= len(self.text):
            self.text, self._steps = text, steps
        changed = update.reply != self.message.reply
        if changed:
            content = self.text if update.reply.final else self.message.content
            self.message = self.message.model_copy(
                update={"reply": update.reply, "content": content}
            )
            self.version += 1
        return changed or grown

    def render(self) -> None:
        """Renders what is known."""
        self.rendered = self._render(self.message, self.text, self.version)

    def show_plain(self) -> None:
        """Shows what is known without rendering it."""
        self.rendered = RenderedMessage(self.message, self.text, self.version, (), None)

    async def render_in_thread(self) -> None:
        """Renders what is known now, while more may come."""
        self.rendered = await run_in_render_thread(
            self._render, self.message, self.text, self.version
        )

    def _render(self, message: Message, text: str, version: int) -> RenderedMessage:
        try:
            if message.reply is None or message.reply.final:
                html = (view_message(message).html,)
                return RenderedMessage(message, text, version, html, None)
            self._markdown.feed(text[self._fed :])
            self._fed = len(text)
            markdown = self._markdown
            return RenderedMessage(message, text, version, tuple(markdown.closed), markdown.open)
        except Exception:
            # As it was written: who watches, and who writes, must not wait for ever.
            log.exception("message %s can't be rendered", message.id)
            return RenderedMessage(message, text, version, (), escape(text))


def _join(steps: list[str], updates: Sequence[StepUpdate]) -> list[str] | None:
    """The texts of the steps with what is new in them; None if something between is missing."""
    if updates and (updates[0].number, updates[0].offset) == (0, 0):
        return [update.text for update in updates]  # this is all there is
    joined = list(steps)
    for update in updates:
        if update.number == len(joined):
            joined.append("")
        if update.number > len(joined) or update.offset > len(joined[update.number]):
            return None
        known = joined[update.number]
        joined[update.number] = known + update.text[len(known) - update.offset :]
    return joined
