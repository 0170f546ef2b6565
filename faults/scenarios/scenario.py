"""What a scenario is: one row of the scorecard's first table."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from faults.trial import Trial

Home = Callable[[], AbstractContextManager[Path]]


class Unavailable(Exception):
    """This machine lacks what a scenario needs; the words say what."""


@dataclass(frozen=True)
class Scenario:
    """One kind of fault. `size` is what `run` reads as `trial.size`: its number of repeats."""

    name: str
    fault: str  # as the table says it
    run: Callable[[Trial], Awaitable[None]]
    size: int = 1
    quick_size: int = 0  # in the short run; 0: not part of it
    part_size: int = 0  # repeats after which everything is checked and saved; 0: all in one part
    patience: float = 1800.0  # seconds for one part, several times what it takes: else it hangs
    home: Home | None = None  # a directory made for it
