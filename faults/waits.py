"""How long people wait after a kill: the goals, and whether they were reached."""

from collections.abc import Sequence

P95_GOAL, LONGEST_GOAL = 20, 60  # seconds


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(percent) // 100) - 1))]


def describe_missed(waits: Sequence[float]) -> str:
    """Which of the goals these seconds miss, in words; empty if none."""
    if not waits:
        return ""
    p95, longest = percentile(waits, 95), max(waits)
    words = [f"p95 {p95:.1f} s, not {P95_GOAL} s"] if p95 > P95_GOAL else []
    words += [f"longest {longest:.1f} s, not {LONGEST_GOAL} s"] if longest > LONGEST_GOAL else []
    return " and ".join(words)
