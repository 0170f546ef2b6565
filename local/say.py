"""What the Docker-free start says to the person at the terminal, and how it gives up."""

import errno
import os
import sys

# One width for all names, so that the columns of the logs line up.
WIDTH = 8
COLOURS = {"parley": 1, "db": 34, "db-api": 36, "chat-ui": 32, "nginx": 35, "lm-api": 33}


class Problem(Exception):
    """Something only the person can put right. Its text is one line: what is wrong, what to do."""


class Listener:
    """Whoever reads our output: a terminal, a pipe or a file."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._left = False

    def has_left(self) -> bool:
        """Whether the terminal was closed or the pipe's reader ended. A closed terminal sends
        SIGHUP only to its first process, which may well be `make` and not us."""
        return self._left or (self._is_terminal and not os.isatty(1))

    def leave(self) -> None:
        """Nobody reads any more."""
        self._left = True

    def write(self, text: str) -> None:
        """Passes `text` on; that nobody can read it any more must not disturb an orderly end."""
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:  # a full disk under a file passes; these two don't
            self._left = self._left or error.errno in (errno.EIO, errno.EPIPE)
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (stays open as long as we run)

    def prefix(self, name: str) -> str:
        """The name before each line, coloured on a terminal unless NO_COLOR is set."""
        text = f"{name:<{WIDTH}}|"
        if self._is_terminal and not os.environ.get("NO_COLOR"):
            return f"\033[{COLOURS.get(name, 90)}m{text}\033[0m "
        return f"{text} "


listener = Listener()


def say(text: str, name: str = "parley", end: str = "\n") -> None:
    """Prints `text` under `name`."""
    listener.write(f"{listener.prefix(name)}{text}{end}")
