"""Writes section 3 of docs/scorecard.md from one whole run."""

from pathlib import Path

from faults.machine import describe_machine, fingerprint_code
from local.stack import ROOT
from tests.support.marked import replace_marked

from bench.figures import Row

PAGE = ROOT / "docs" / "scorecard.md"
VERDICTS = {True: "holds", False: "**missed**", None: "no goal"}


def write(parts: dict[str, list[Row]], about: str, path: Path = PAGE) -> None:
    """Replaces what stands between our marks, and leaves the rest of the page alone."""
    replace_marked(path, "make bench", render(parts, about))


def render(parts: dict[str, list[Row]], about: str) -> str:
    """The section, as Markdown: a table for each model."""
    lines = ["## 3. Fast (`make bench`)", ""]
    lines += [f"Machine: {describe_machine()}. Code {fingerprint_code()}.", about]
    for model, rows in parts.items():
        lines += ["", f"With {model}:", "", "| figure | goal | seen | |", "|---|---|---|---|"]
        lines += [f"| {r.figure} | {r.goal} | {r.seen} | {VERDICTS[r.holds]} |" for r in rows]
    return "\n".join(lines) + "\n"
