"""What was shown: every piece of a reply that any watcher has had on the screen."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

# `text`: the growing page's plain text, compared character by character. `letters`: rendered
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
        if final and notes.final_at is None:
            notes.final_at = time.monotonic()

    def note_order(self, chat: str, order: list[tuple[str, int]]) -> None:
        """Somebody read these messages of a chat in this order."""
        if order:
            self.orders[chat].add(tuple(order))

    def is_begun(self, chat: str) -> bool:
        """Whether a reply of the chat was seen whose end was not."""
        return any(n.chat == chat and n.final_at is None for n in self.replies.values())

    def final_at(self, reply: str) -> float | None:
        """When somebody saw its end, None if nobody has."""
        notes = self.replies.get(reply)
        return notes.final_at if notes else None

    def note_final(self, reply: str) -> None:
        """A page says that the reply has ended, of which somebody had seen the beginning."""
        notes = self.replies.get(reply)
        if notes is not None and notes.final_at is None:
            notes.final_at = time.monotonic()

    def being_written(self, within: float = 1.5) -> list[str]:
        """Replies whose text has grown a moment ago and that were not seen to end."""
        now = time.monotonic()
        return [
            reply
            for reply, notes in self.replies.items()
            if notes.grew_at and notes.final_at is None and now - notes.grew_at[-1] < within
        ]

    def goes_on_after(self, reply: str, moment: float) -> float | None:
        """When somebody saw the reply grow or end after `moment`, None if never."""
        notes = self.replies[reply]
        later = [t for t in notes.grew_at if t > moment]
        if notes.final_at is not None and notes.final_at > moment:
            later.append(notes.final_at)
        return min(later, default=None)


def _keep(states: list[str], text: str) -> None:
    for index, state in enumerate(states):
        if state.startswith(text):
            return
        if text.startswith(state):
            states[index] = text
            return
    states.append(text)
