"""What is known of a tool."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from app.toolbox.parley import Parley

Run = Callable[[str, Parley], Awaitable[str]]


class Result(NamedTuple):
    """What a call gave, as Markdown; if it `failed`, why it gave nothing."""

    text: str
    failed: bool = False


class ToolFailed(Exception):
    """It gave no result; with the words that say so."""


@dataclass(frozen=True)
class Tool:
    """`/name …` calls it; `summary` is what it does, in a line. A model calls it with this text as
    its `parameter`. One that `needs_text` does nothing without."""

    name: str
    summary: str
    run: Run
    parameter: str = "text"
    needs_text: bool = False
