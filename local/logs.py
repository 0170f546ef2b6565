"""Shows the services' log files side by side: what is new in each, under its service's name."""

import os
import re
from pathlib import Path
from typing import BinaryIO

from local.say import say

# Of supervisord's own log only what tells of trouble: a service that died or doesn't stay up.
TROUBLE = re.compile(rb"(?:exited: .*not expected\)|gave up: .*)$")


class Tail:
    """One growing file, from its present end on."""

    def __init__(self, path: Path, name: str, only: re.Pattern[bytes] | None = None) -> None:
        self._path, self._name, self._only = path, name, only
        path.touch(mode=0o600)
        self._file: BinaryIO = path.open("rb")
        self._file.seek(0, 2)
        self._rest = b""

    def show_new(self) -> None:
        self._show(self._file.read())
        if self._was_rotated():
            self._show(self._file.read())
            self._file.close()
            self._file = self._path.open("rb")
            self._show(self._file.read())

    def close(self) -> None:
        self._file.close()

    def _was_rotated(self) -> bool:
        """supervisord renames a log that has grown big and begins another."""
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        return now.st_ino != os.fstat(self._file.fileno()).st_ino

    def _show(self, new: bytes) -> None:
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            found = self._only.search(line) if self._only else None
            if found or not self._only:
                text = found[0] if found else line
                # A progress line rewrites itself with carriage returns: its last state counts.
                say(text.rstrip(b"\r").rsplit(b"\r")[-1].decode(errors="replace"), self._name)
