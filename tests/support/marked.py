"""Parts of a page that a command writes: what is between its two marks is its own."""

from pathlib import Path

TITLE = "# Scorecard\n\nEvery figure here is written by the command that measured it.\n"


def replace_marked(path: Path, command: str, text: str) -> None:
    """Puts `text` between the marks of `command`, at the end of the page if it has none yet."""
    begin = f"<!-- written by `{command}`: begin -->"
    end = f"<!-- written by `{command}`: end -->"
    page = path.read_text() if path.exists() else TITLE
    before, found, rest = page.partition(begin)
    after = rest.partition(end)[2] if found else ""
    if not found:
        before = before.rstrip() + "\n\n"
    path.write_text(f"{before}{begin}\n{text}{end}{after or chr(10)}")
