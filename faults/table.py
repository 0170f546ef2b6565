"""Section 1 of docs/scorecard.md, made from everything that was measured on this code."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from faults.recovery import BARE, NOT_MEASURED, WAITED_FOR, percentile, render_recovery
from faults.results import Result
from faults.scenarios.scenario import Scenario
from faults.stack import SERVICES

NOT_RUN = (
    "backup, wipe and restore; kills of vision, and of doc-worker while it transcribes, because"
    " only stand-ins for their models could be had"
)


def render(results: list[Result], scenarios: Sequence[Scenario]) -> str:
    """The section, as Markdown."""
    lines = [
        "## 1. Nothing lost (`make faults`)",
        "",
        *_describe_run(results),
        "",
        "| fault | trials | seen | I1–I6 |",
        "|---|---|---|---|",
    ]
    for scenario in scenarios:
        own = [r for r in results if r.scenario == scenario.name]
        trials = sum(r.size for r in own if not r.skipped) or "–"
        lines.append(f"| {scenario.fault} | {trials} | {_seen(own)} | {_verdict(own)} |")
    kills = add_up(r for r in results if r.scenario == "kills")
    lines += ["", f"Not run here: {NOT_RUN}.", "", *render_recovery(*kills, SERVICES)]
    broken = [f"- {r.scenario}, seed {r.seed}: {v}" for r in results for v in r.found.violations]
    lines += ["", "Broken promises:", "", *broken] if broken else []
    return "\n".join(lines) + "\n"


def _describe_run(results: list[Result]) -> list[str]:
    if not results:
        return ["Nothing has been measured yet."]
    dates = sorted(r.date[:10] for r in results)
    return [
        f"Machine: {_list('; ', (r.machine for r in results))}."
        f" Model: {_list(', ', (r.model for r in results))}.",
        f"Measured {dates[0]} to {dates[-1]} in {len(results)} parts,"
        f" {sum(r.seconds for r in results) / 60:.0f} minutes, on code"
        f" {results[-1].code} (a hash of the files of the services and of `faults`).",
        f"Seeds: {', '.join(str(s) for s in sorted({r.seed for r in results}))}.",
        f"Commands: {_list(', ', (f'`{r.command}`' for r in results))}.",
    ]


def _list(separator: str, values: Iterable[str]) -> str:
    return separator.join(sorted(set(values)))


def summarise(result: Result) -> str:
    """One part in one line, for the terminal."""
    return f"{_verdict([result])}; {_seen([result])}"


def _seen(own: list[Result]) -> str:
    counts, figures = add_up(own)
    words = [f"{name} {count}" for name, count in sorted(counts.items())]
    words += [
        f"{name} {_describe_figure(values, name)}"
        for name, values in sorted(figures.items())
        if not name.startswith((*WAITED_FOR, BARE))
    ]
    skipped = [f"{NOT_MEASURED}: {r.skipped}" for r in own if r.skipped]
    return "; ".join(words or skipped[-1:]) or ("–" if own else NOT_MEASURED)


def _verdict(own: list[Result]) -> str:
    done = [r for r in own if not r.skipped]
    if not done:
        return "–"
    broken = sum(len(r.found.violations) for r in done)
    missed = _list("; ", (words for r in done for words in r.found.missed))
    verdict = f"**{broken} violations**" if broken else "held, 0 violations"
    return verdict + (f"; goal missed: {missed}" if missed else "")


def _describe_figure(values: Sequence[float], name: str) -> str:
    """Median, 95th percentile and maximum, in seconds unless the name gives a unit in brackets."""
    unit = "" if name.endswith(")") else " s"
    if len(values) == 1:
        return f"{values[0]:.3g}{unit}"
    return (
        f"median {statistics.median(values):.3g}, p95 {percentile(values, 95):.3g},"
        f" max {max(values):.3g}{unit} (n = {len(values)})"
    )


def add_up(results: Iterable[Result]) -> tuple[Counter[str], dict[str, list[float]]]:
    """All counts, and all figures by name."""
    counts: Counter[str] = Counter()
    figures: dict[str, list[float]] = defaultdict(list)
    for result in results:
        counts.update(result.found.counts)
        for name, values in result.found.figures.items():
            figures[name] += values
    return counts, figures
