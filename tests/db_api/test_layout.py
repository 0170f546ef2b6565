"""What the sources themselves have to keep: imports run one way, and a number is written once."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.db_api.conftest import ROOT

APP = ROOT / "db-api" / "app"

# A part imports from parts below it only; those of one line don't know each other.
LAYOUT = (
    "main serve",
    "models",
    "pages following deleting reading answering recordings exports completions",
    "sending",
    "queue",
    "branches",
    "prompt",
    "passages",
    "documents",
    "files",
    "messages",
    "replies",
    "chats",
    "tokens",
    "sessions",
    "jobs",
    "search",
    "usage",
    "web",
    "model_settings",
    "db",
    "notifier timing",
    "texts text_tables settings",
    "limits",
    "errors",
)
LEVEL = {part: level for level, line in enumerate(LAYOUT) for part in line.split()}


def imports(file: Path) -> Iterator[str]:
    """The parts of the app that a module imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("app"):
            _, _, below = node.module.partition(".")
            yield from [below.split(".")[0]] if below else [alias.name for alias in node.names]


def test_no_import_runs_up_the_layout() -> None:
    up = [
        f"{file.relative_to(APP)} imports {other}"
        for file in APP.rglob("*.py")
        if (part := file.relative_to(APP).parts[0].removesuffix(".py")) != "__init__"
        for other in imports(file)
        if other != part and LEVEL[other] <= LEVEL[part]
    ]
    assert up == []


def test_a_lease_s_length_is_written_once() -> None:
    written = re.compile(r"\b4 ?s(ec(onds?)?)?\b|\b4\b.*lease|lease.*\b4\b", re.IGNORECASE)
    sources = [*APP.rglob("*.py"), *(ROOT / "db-api" / "sql").rglob("*.sql")]
    assert [f.name for f in sources if written.search(f.read_text())] == ["lease_length.sql"]
