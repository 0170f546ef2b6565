"""How long people wait after a kill: the goals, whether they were reached, and the table of it."""

import statistics
from collections.abc import Mapping, Sequence

P95_GOAL, LONGEST_GOAL = 5, 60  # seconds, for each service
NOT_MEASURED = "not measured"
WAITED_FOR = ("page after ", "reply after ")
BARE = "bare after "  # the same of the model's server asked directly
Figures = Mapping[str, Sequence[float]]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(percent) // 100) - 1))]


def pool(figures: Figures, what: str) -> list[float]:
    """The seconds until a page answered or a reply continued, over all services."""
    named = (values for name, values in figures.items() if name.startswith(what))
    return [seconds for values in named for seconds in values]


def describe_missed(waits: Sequence[float]) -> list[str]:
    """Which of the goals these seconds miss, in words."""
    p95, longest = (percentile(waits, 95), max(waits)) if waits else (0, 0)
    figures = (("p95", p95, P95_GOAL), ("longest", longest, LONGEST_GOAL))
    return [f"{name} {seen:.1f} s, not {goal} s" for name, seen, goal in figures if seen > goal]


def list_missed(figures: Figures) -> list[str]:
    """The goals that a service misses, in words."""
    waits = {name: values for name, values in figures.items() if name.startswith(WAITED_FOR)}
    missed = {name: describe_missed(values) for name, values in sorted(waits.items())}
    return [f"{name}: {' and '.join(words)}" for name, words in missed.items() if words]


def render_recovery(
    counts: Mapping[str, int], figures: Figures, services: Sequence[str]
) -> list[str]:
    """From a kill until a page answers again, and until the interrupted replies continue. The
    latter is told of the kills after which nothing else was killed until they did; beside it, how
    long the same server needs for the same prompts if nothing of ours is before it."""
    lines = [
        "Seconds from a kill until …",
        "",
        "| killed | times | … a page answers again | … the interrupted replies continue"
        " | … the bare server continues the same |",
        "|---|---|---|---|---|",
    ]
    for service in services:
        waits = (_spread(figures.get(what + service, [])) for what in WAITED_FOR)
        bare = _spread(figures[BARE + service]) if BARE + service in figures else "–"
        times = counts.get(f"kills of {service}", 0)
        lines.append(f"| {service} | {times} | {' | '.join(waits)} | {bare} |")
    pages, replies = (pool(figures, what) for what in WAITED_FOR)
    lines.append(f"| all | {len(pages)} | {_spread(pages)} | {_spread(replies)} | |")
    if pages and replies:
        missed = list_missed(figures)
        verdict = f"**missed**, {'; '.join(missed)}" if missed else "reached"
        goals = f"p95 at most {P95_GOAL} s after a kill of each, never more than {LONGEST_GOAL} s"
        lines += ["", f"Goals: {goals}: {verdict}."]
    return lines


def _spread(values: Sequence[float]) -> str:
    if not values:
        return NOT_MEASURED
    return (
        f"median {statistics.median(values):.1f}, p95 {percentile(values, 95):.1f},"
        f" max {max(values):.1f} ({len(values)})"
    )
