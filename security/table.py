"""Section 2 of docs/scorecard.md, from one whole run."""

from collections.abc import Mapping, Sequence

from faults.machine import CODE, describe_machine, fingerprint_code

from security.found import SHOWN, Found
from security.rows import Row


def render(rows: Sequence[Row], found: Mapping[str, Found], about: str) -> str:
    """The section, as Markdown; `found` by the rows' names."""
    code = fingerprint_code(parts=(*CODE, "security"))
    lines = [
        "## 2. Nobody in (`make security`)",
        "",
        f"Machine: {describe_machine()}. Code {code}.",
        about,
        "",
        "| what | tried | seen | |",
        "|---|---|---|---|",
        *(describe_row(row, found[row.name]) for row in rows if row.name in found),
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
