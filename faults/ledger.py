"""What was sent: every message, whether it was acknowledged, and when.

The ledger is the outside's word against the export's. It keeps no text, only its hash.
"""

import hashlib
import time
from dataclasses import dataclass, field


def hash_text(text: str) -> str:
    """The SHA-256 of a text as Parley promises to keep it: line ends are `\\n`."""
    return hashlib.sha256(text.replace("\r\n", "\n").replace("\r", "\n").encode()).hexdigest()


@dataclass
class Entry:
    """One message somebody wants to send. Times are seconds of this process's own clock."""

    number: int
    chat: str
    client_key: str
    sha256: str
    begun: float
    acknowledged: float | None = None
    refused: int | None = None  # the status of an answer that says: not stored, and never will be
    attempts: int = 0
    given_up: bool = False  # the sender stopped trying on purpose
    in_flight: int = 0

    @property
    def open(self) -> bool:
        """Neither acknowledged nor refused: it may be stored, or not."""
        return self.acknowledged is None and self.refused is None

    def acknowledge(self) -> None:
        """Parley said: it is stored. Only the first time counts."""
        self.acknowledged = self.acknowledged or time.monotonic()


@dataclass
class Ledger:
    """All messages of one trial, in the order of sending."""

    entries: list[Entry] = field(default_factory=list)

    def begin(self, chat: str, client_key: str, text: str) -> Entry:
        """A message that is about to be sent for the first time."""
        number, digest = len(self.entries) + 1, hash_text(text)
        self.entries.append(Entry(number, chat, client_key, digest, time.monotonic()))
        return self.entries[-1]

    def of_chat(self, chat: str) -> list[Entry]:
        """Those of one chat."""
        return [entry for entry in self.entries if entry.chat == chat]

    def in_flight(self) -> int:
        """Messages on their way just now."""
        return sum(entry.in_flight > 0 for entry in self.entries)
