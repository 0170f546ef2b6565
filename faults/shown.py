"""What was shown: every piece of a reply that any watcher has had on the screen."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

# `text`: the live page's plain text, compared character by character. `letters`: rendered
# Markdown, where only letters can be compared, and only with rendered Markdown.
Kind = Literal["text", "letters"]


@dataclass
class Notes:
    """One reply as watchers saw it. Of states that extend each other only the longest is kept."""

    chat: str
    states: dict[Kind, list[str]] = field(default_factory=lambda: {"text": [], "letters": []})
    grew_at: list[float] = field(default_factory=list)
    final_at: float | None = None
    longest: int = 0

    def end(self) -> None:
        """Somebody sees that it has ended. Only the first time counts."""
        self.final_at = self.final_at or time.monotonic()


class Shown:
    """All replies that anybody watched, by reply id."""

    def __init__(self) -> None:
        self.replies: dict[str, Notes] = {}
        # Per chat, every order in which its messages were read: (message id, seq) each.
        self.orders: dict[str, set[tuple[tuple[str, int], ...]]] = defaultdict(set)
        # Per chat, (earlier, later): the later reply had words while the earlier had no end.
        self.overtaken: dict[str, set[tuple[str, str]]] = defaultdict(set)
        # Per chat, what became of watchers who were never told that nothing is left to say.
        self.endless: dict[str, list[str]] = defaultdict(list)

    def note(self, chat: str, reply: str, kind: Kind, text: str, *, final: bool = False) -> None:
        """A watcher sees this of a reply now."""
        notes = self.replies.setdefault(reply, Notes(chat))
        _keep(notes.states[kind], text)
        if len(text) > notes.longest:
            notes.longest = len(text)
            notes.grew_at.append(time.monotonic())
        if final:
            notes.end()

    def of_chat(self, chat: str) -> dict[str, Notes]:
        """The replies of one chat, in the order in which they were first shown."""
        return {reply: notes for reply, notes in self.replies.items() if notes.chat == chat}

    def final_at(self, reply: str) -> float | None:
        """When somebody saw its end, None if nobody has."""
        return self.replies[reply].final_at if reply in self.replies else None

    def being_written(self, within: float = 1.5) -> list[str]:
        """Replies whose text has grown a moment ago and that were not seen to end."""
        since = time.monotonic() - within
        return [
            reply
            for reply, notes in self.replies.items()
            if notes.final_at is None and notes.grew_at and notes.grew_at[-1] > since
        ]

    def continued_after(self, reply: str, moment: float) -> float | None:
        """When somebody saw the reply grow or end after `moment`, None if never."""
        notes = self.replies[reply]
        seen = [*notes.grew_at, notes.final_at or 0.0]
        return min((at for at in seen if at > moment), default=None)


def _keep(states: list[str], text: str) -> None:
    if not any(state.startswith(text) for state in states):
        states[:] = [*(state for state in states if not text.startswith(state)), text]
