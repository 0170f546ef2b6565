"""A cache of text for text that is bounded by bytes, not by entries."""

import sys
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock


class TextCache:
    """Keeps what was used last, up to `limit` bytes of keys and values together.

    Safe to share between threads. Two threads that miss the same key at once both make the value;
    that is cheaper than making everybody wait behind one lock.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._entries: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = Lock()

    def get(self, kind: str, text: str, make: Callable[[str, str], str]) -> str:
        """The value kept for (kind, text), or `make(kind, text)`, which is then kept."""
        key = (kind, text)
        with self._lock:
            if (kept := self._entries.get(key)) is not None:
                self._entries.move_to_end(key)
                return kept
        value = make(kind, text)
        self._keep(key, value)
        return value

    def has(self, kind: str, text: str) -> bool:
        """Whether a value is kept."""
        return (kind, text) in self._entries

    def _keep(self, key: tuple[str, str], value: str) -> None:
        weight = _weigh(key, value)
        with self._lock:
            if key in self._entries or weight > self.limit:
                return
            self._entries[key] = value
            self.size += weight
            while self.size > self.limit:
                self.size -= _weigh(*self._entries.popitem(last=False))


def _weigh(key: tuple[str, str], value: str) -> int:
    return sys.getsizeof(key[1]) + sys.getsizeof(value)
