"""What is known of a tool."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.toolbox.parley import Parley

Run = Callable[[str, Parley], Awaitable[str]]


class ToolFailed(Exception):
    """It gave no result; with the words that say so."""


@dataclass(frozen=True)
class Tool:
    """`/name …` calls it; `summary` is what it does, in a line."""

    name: str
    summary: str
    run: Run
