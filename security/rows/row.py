"""What a row is: one line of the scorecard's second table."""

from collections.abc import Callable
from dataclasses import dataclass

from security.found import Found
from security.stage import Stage


@dataclass(frozen=True)
class Row:
    """`check` notes in Found what it tried and saw; True as its last argument asks for little.
    It raises `faults.scenarios.scenario.Unavailable` where the machine lacks what it needs."""

    name: str
    what: str  # as the table says it
    check: Callable[[Found, Stage, bool], None]
