"""What was sent: every message, whether it was acknowledged, and when.

The ledger is the outside's word against the export's. It keeps no text, only its hash, and is
written to a file as it grows, so that a run that broke off can still be looked into.
"""

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path


def hash_text(text: str) -> str:
    """The SHA-256 of a text as Parley promises to keep it: line ends are `\\n`."""
    return hashlib.sha256(text.replace("\r\n", "\n").replace("\r", "\n").encode()).hexdigest()


@dataclass
class Entry:
    """One message somebody wants to send. Times are seconds of this process's own clock."""

    number: int
    session: str
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


@dataclass
class Ledger:
    """All messages of one trial, in the order of sending."""

    file: Path | None = None
    entries: list[Entry] = field(default_factory=list)

    def begin(self, session: str, chat: str, client_key: str, text: str) -> Entry:
        """A message that is about to be sent for the first time."""
        number, digest = len(self.entries) + 1, hash_text(text)
        entry = Entry(number, session, chat, client_key, digest, time.monotonic())
        self.entries.append(entry)
        self._write(entry)
        return entry

    def acknowledge(self, entry: Entry) -> None:
        """Parley said: it is stored. Only the first time counts."""
        if entry.acknowledged is None:
            entry.acknowledged = time.monotonic()
            self._write(entry)

    def refuse(self, entry: Entry, status: int) -> None:
        """Parley said: it is not stored."""
        entry.refused = status
        self._write(entry)

    def acknowledged(self) -> list[Entry]:
        """Those that must be there."""
        return [entry for entry in self.entries if entry.acknowledged is not None]

    def of_chat(self, chat: str) -> list[Entry]:
        """Those of one chat."""
        return [entry for entry in self.entries if entry.chat == chat]

    def in_flight(self) -> int:
        """Messages on their way just now."""
        return sum(entry.in_flight > 0 for entry in self.entries)

    def _write(self, entry: Entry) -> None:
        if self.file:
            with self.file.open("a") as file:
                file.write(json.dumps(asdict(entry)) + "\n")
