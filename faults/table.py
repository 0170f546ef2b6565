"""Writes section 1 of docs/scorecard.md from everything that was measured on this code."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from local.stack import ROOT
from tests.support.marked import replace_marked

from faults.results import Result
from faults.scenarios.scenario import Scenario
from faults.waits import LONGEST_GOAL, P95_GOAL, describe_missed, percentile

PAGE = ROOT / "docs" / "scorecard.md"
NOT_MEASURED = "not measured"


def write(results: list[Result], scenarios: Sequence[Scenario], path: Path = PAGE) -> None:
    """Replaces what stands between our two marks, and leaves the rest of the page alone."""
    replace_marked(path, "make faults", render(results, scenarios))


def render(results: list[Result], scenarios: Sequence[Scenario]) -> str:
    """The section, as Markdown."""
    lines = ["## 1. Nothing lost (`make faults`)", "", *_describe_run(results), ""]
    lines += ["| fault | trials | seen | I1–I6 |", "|---|---|---|---|"]
    for scenario in scenarios:
        own = [r for r in results if r.scenario == scenario.name]
        lines.append(f"| {scenario.fault} | {_trials(own)} | {_seen(own)} | {_verdict(own)} |")
    lines += ["", "Not run here: backup, wipe and restore.", ""]
    lines += _recovery([r for r in results if r.scenario == "kills"])
    broken = [f"- {r.scenario}, seed {r.seed}: {v}" for r in results for v in r.violations]
    if broken:
        lines += ["", "Broken promises:", "", *broken]
    return "\n".join(lines) + "\n"


def _describe_run(results: list[Result]) -> list[str]:
    if not results:
        return ["Nothing has been measured yet."]
    machines = sorted({r.machine for r in results})
    dates = sorted(r.date[:10] for r in results)
    commands = sorted({f"`{r.command}`" for r in results})
    return [
        f"Machine: {'; '.join(machines)}. Model: {', '.join(sorted({r.model for r in results}))}.",
        f"Measured {dates[0]} to {dates[-1]} in {len(results)} parts,"
        f" {sum(r.seconds for r in results) / 60:.0f} minutes, on code {results[-1].code}.",
        f"Seeds: {', '.join(str(s) for s in sorted({r.seed for r in results}))}.",
        f"Commands: {', '.join(commands)}.",
    ]


def summarise(result: Result) -> str:
    """One part in one line, for the terminal."""
    return f"{_verdict([result])}; {_seen([result])}"


def _trials(own: list[Result]) -> str:
    done = [r for r in own if not r.skipped]
    return str(sum(r.size for r in done)) if done else "–"


def _seen(own: list[Result]) -> str:
    done = [r for r in own if not r.skipped]
    if not own:
        return NOT_MEASURED
    if not done:
        return f"{NOT_MEASURED}: {own[-1].skipped}"
    words = []
    if acknowledged := total(done).get("acknowledged"):
        words.append(f"{acknowledged} messages acknowledged")
    words += [f"{name} {count}" for name, count in sorted(total(done).items()) if _tells(name)]
    for name, values in sorted(pooled(done).items()):
        if name != "settled" and not name.startswith(("page after", "reply ")):
            words.append(f"{name} {describe_figure(values, name)}")
    return "; ".join(words) or "–"


# Counts that are kept for whoever looks into a result, but would only fill the table.
QUIET = {"acknowledged", "sent", "presses of Send", "replies watched"}


def _tells(name: str) -> bool:
    return name not in QUIET


def _verdict(own: list[Result]) -> str:
    done = [r for r in own if not r.skipped]
    if not done:
        return "–"
    broken = sum(len(r.violations) for r in done)
    missed = sorted({m for r in done for m in r.missed})
    verdict = f"**{broken} violations**" if broken else "held, 0 violations"
    return verdict + (f"; goal missed: {'; '.join(missed)}" if missed else "")


def _recovery(kills: list[Result]) -> list[str]:
    """From a kill until a page answers again, and until the interrupted replies go on. The latter
    is told of the kills after which nothing else was killed until they did."""
    figures = pooled(kills)
    lines = ["Seconds from a kill until …", ""]
    lines += ["| killed | times | … a page answers again | … the interrupted replies go on |"]
    lines += ["|---|---|---|---|"]
    for service in ("nginx", "chat-ui", "db-api", "db", "lm-api"):
        page, reply = figures.get(f"page after {service}"), figures.get(f"reply after {service}")
        times = total(kills).get(f"kills of {service}", 0)
        lines.append(f"| {service} | {times} | {_spread(page)} | {_spread(reply)} |")
    pages = [v for name, values in figures.items() if name.startswith("page") for v in values]
    replies = [
        v for name, values in figures.items() if name.startswith("reply after") for v in values
    ]
    times = sum(n for name, n in total(kills).items() if name.startswith("kills of"))
    lines.append(f"| all | {times} | {_spread(pages)} | {_spread(replies)} |")
    rushed = _spread(figures.get("reply, the next kill not held back"))
    lines.append(f"| any, the next kill not held back | | | {rushed} |")
    return lines + _judge_recovery(pages, replies, total(kills)["replies that never went on"])


def _judge_recovery(pages: list[float], replies: list[float], never: int) -> list[str]:
    """The goals for how long people wait, and whether they were reached."""
    if not pages or not (replies or never):
        return []
    missed = [words for waits in (pages, replies) if (words := describe_missed(waits))]
    missed += [f"{never} replies never went on"] if never else []
    goals = f"Goals: p95 at most {P95_GOAL} s, never more than {LONGEST_GOAL} s"
    return ["", f"{goals}: {'**missed**, ' + '; '.join(missed) if missed else 'reached'}."]


def _spread(values: Sequence[float] | None) -> str:
    if not values:
        return NOT_MEASURED
    return (
        f"median {statistics.median(values):.1f}, p95 {percentile(values, 95):.1f},"
        f" max {max(values):.1f} ({len(values)})"
    )


def describe_figure(values: Sequence[float], name: str) -> str:
    """Median, 95th percentile and maximum, in seconds unless the name gives a unit in brackets."""
    unit = "" if name.endswith(")") else " s"
    if len(values) == 1:
        return f"{values[0]:.3g}{unit}"
    return (
        f"median {statistics.median(values):.3g}, p95 {percentile(values, 95):.3g},"
        f" max {max(values):.3g}{unit} (n = {len(values)})"
    )


def total(results: Iterable[Result]) -> Counter[str]:
    """All counts, added up."""
    counts: Counter[str] = Counter()
    for result in results:
        counts.update(result.counts)
    return counts


def pooled(results: Iterable[Result]) -> dict[str, list[float]]:
    """All figures, by name."""
    figures: dict[str, list[float]] = {}
    for result in results:
        for name, values in result.figures.items():
            figures.setdefault(name, []).extend(values)
    return figures
