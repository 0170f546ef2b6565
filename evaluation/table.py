"""Section 5 of docs/scorecard.md, from one whole run."""

from collections.abc import Mapping, Sequence

from bench.figures import Row
from bench.table import render_rows
from faults.machine import CODE, describe_machine, fingerprint_code

PARTS = (*CODE, "doc-worker", "evaluation")


def render(parts: Mapping[str, Sequence[Row]], about: str, not_measured: Sequence[str]) -> str:
    """A table for each model that figures were measured with, as Markdown."""
    lines = ["## 5. Documents (`make eval`)", ""]
    lines += [f"Machine: {describe_machine()}. Code {fingerprint_code(parts=PARTS)}.", about]
    for model, rows in parts.items():
        lines += ["", f"{model}:", "", *render_rows(rows)]
    if not_measured:
        lines += ["", f"Not measured here: {'; '.join(not_measured)}."]
    return "\n".join(lines) + "\n"
