"""What was measured: rows of the scorecard, and the arithmetic they share."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One line of the table. `holds` is None where there is no goal to hold."""

    figure: str
    goal: str
    seen: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        """One word for the table."""
        return {True: "holds", False: "**missed**", None: "no goal"}[self.holds]


@dataclass(frozen=True)
class Curve:
    """First words in seconds over something that grows, through everything and bare."""

    over: str
    xs: list[int]
    ours: list[float]
    bare: list[float]


@dataclass(frozen=True)
class Found:
    """What one module has measured; `numbers` by their names, for what is computed from them."""

    rows: list[Row]
    curves: list[Curve] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least so many percent of the values don't exceed."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def in_ms(seconds: Sequence[float]) -> str:
    """The median and its spread: from the tenth to the ninetieth percentile."""
    middle, low, high = statistics.median(seconds), percentile(seconds, 10), percentile(seconds, 90)
    return f"{middle * 1000:.1f} ms ({low * 1000:.1f}–{high * 1000:.1f}, n = {len(seconds)})"
