"""Ends a reply before words that a program wants it to end at."""

from collections.abc import Sequence


class StopFilter:
    """Holds back what may be the beginning of such words, so that none of them is ever stored. What
    was held back when a process died is written again: behind stored text the words are found as
    anywhere. Only whole deltas are let go, as `WrittenText` wants them."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = stops
        self._held: list[str] = []

    @property
    def held(self) -> int:
        """How many deltas are held back."""
        return len(self._held)

    def take(self, delta: str) -> tuple[str, bool]:
        """What can be written now, and whether the reply ends with that."""
        if not self._stops:
            return delta, False
        self._held.append(delta)
        held = "".join(self._held)
        found = [at for stop in self._stops if (at := held.find(stop)) >= 0]
        if found:
            self._held = []
            return held[: min(found)], True
        free = len(held) - max(_overlap(held, stop) for stop in self._stops)
        written = ""
        while self._held and len(written) + len(self._held[0]) <= free:
            written += self._held.pop(0)
        return written, False

    def give_back(self) -> str:
        """What is still held back when the model is done: it was no such beginning."""
        held, self._held = "".join(self._held), []
        return held


def _overlap(text: str, stop: str) -> int:
    """How many letters at its end the stop could begin with."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)
