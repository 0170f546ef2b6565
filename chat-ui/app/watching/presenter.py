"""Turns what is known of a chat into snapshots for those who watch it."""

import asyncio

from app.render_thread import INLINE_CHARACTERS
from app.watching.chat_state import ChatState
from app.watching.snapshot import Snapshot
from app.watching.watched_message import WatchedMessage
from app.watching.watchers import Watchers


class Presenter:
    """Renders once, however many watch. `snapshot` is the newest one that is rendered whole."""

    def __init__(self, state: ChatState, watchers: Watchers) -> None:
        self._state, self._watchers = state, watchers
        self.snapshot = Snapshot()
        self._rendering: asyncio.Task[None] | None = None

    @property
    def complete(self) -> bool:
        """Whether each message known has been rendered, if not yet as it is known."""
        return all(message.rendered for message in self._state.messages.values())

    def present(self) -> None:
        """Shows what is known: at once if it is little, else when the render thread is done."""
        if self._rendering:
            return  # it looks again before it is done
        due = self._due()
        if sum(message.weight for message in due) > INLINE_CHARACTERS:
            self._rendering = asyncio.create_task(self._render_in_thread())
            return
        for message in due:
            message.render()
        self._take_snapshot()

    async def _render_in_thread(self) -> None:
        try:
            while due := self._due():
                for message in due:
                    await message.render_in_thread()
                self._take_snapshot()
        finally:
            self._rendering = None
            self._take_snapshot()  # also what came meanwhile and needed no rendering

    def _take_snapshot(self) -> None:
        state = self._state
        rendered = {id: m.rendered for id, m in state.messages.items() if m.rendered}
        if len(rendered) == len(state.messages):  # else what is new is about to be rendered
            ended = state.ended and not self._due()
            self.snapshot = Snapshot(rendered, state.head, state.away, ended)
            self._watchers.notify()

    def _due(self) -> list[WatchedMessage]:
        return [message for message in self._state.messages.values() if message.due]


class PlainPresenter(Presenter):
    """For programs, who get the text as it is: nothing is rendered."""

    def present(self) -> None:
        """Shows what is known, at once."""
        for message in self._due():
            message.show_plain()
        self._take_snapshot()
