"""Section 3 of docs/scorecard.md, from one whole run."""

from collections.abc import Iterable

from faults.machine import describe_machine, fingerprint_code

from bench.figures import Found, Row


def render(parts: dict[str, list[Found]], about: str) -> str:
    """A table for each model, as Markdown."""
    lines = ["## 3. Fast (`make bench`)", ""]
    lines += [f"Machine: {describe_machine()}. Code {fingerprint_code()}.", about]
    for model, found in parts.items():
        lines += [
            "",
            f"With {model}:",
            "",
            *render_rows(row for each in found for row in each.rows),
        ]
    return "\n".join(lines) + "\n"


def render_rows(rows: Iterable[Row]) -> list[str]:
    """The lines of one table."""
    lines = ["| figure | goal | seen | |", "|---|---|---|---|"]
    lines += [f"| {row.figure} | {row.goal} | {row.seen} | {row.verdict} |" for row in rows]
    return lines
