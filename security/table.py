"""Section 2 of docs/scorecard.md, from all that was measured on one code."""

from collections.abc import Sequence

from faults.machine import CODE, describe_machine, fingerprint_code

from security.found import SHOWN, Found
from security.results import Result
from security.rows import Row

NOT_RUN = Found(skipped="not run on this code")


def find_code() -> str:
    """A hash of what a row's figures depend on."""
    return fingerprint_code(parts=(*CODE, "security"))


def render(rows: Sequence[Row], results: Sequence[Result], code: str) -> str:
    """The section, as Markdown."""
    found = {result.row: result.found for result in results}
    dates = sorted({result.date for result in results})
    commands = ", ".join(f"`{each}`" for each in dict.fromkeys(r.command for r in results))
    lines = [
        "## 2. Nobody in (`make security`)",
        "",
        f"Machine: {describe_machine()}. Code {code}.",
        f"Measured {' to '.join(dict.fromkeys([dates[0], dates[-1]]))} by {commands}.",
        "",
        "| what | tried | seen | |",
        "|---|---|---|---|",
        *(describe_row(row, found.get(row.name, NOT_RUN)) for row in rows),
    ]
    broken = [f"- {name}: {words}" for name, each in found.items() for words in list_some(each)]
    lines += ["", "Violations:", "", *broken] if broken else []
    return "\n".join(lines) + "\n"


def describe_row(row: Row, found: Found) -> str:
    """One line of the table."""
    if found.skipped:
        return f"| {row.what} | – | not measured: {found.skipped} | – |"
    return f"| {row.what} | {found.tried} | {'; '.join(found.seen) or '–'} | {found.verdict} |"


def list_some(found: Found) -> list[str]:
    """Its violations, at most SHOWN of them."""
    some, rest = found.violations[:SHOWN], len(found.violations) - SHOWN
    return [*some, f"and {rest} more"] if rest > 0 else some
