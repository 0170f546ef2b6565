"""Which part of chat-ui may know which: what somebody looks for is found in one place."""

import ast
from pathlib import Path

import pytest

from local.stack import ROOT

APP = ROOT / "chat-ui" / "app"


def imports(file: Path) -> set[str]:
    """The modules a file imports, by their full names."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("replies", ("app.watching", "app.markdown", "app.views", "app.routes")),
        ("routes", ("app.routes",)),
        ("watching", ("app.replies", "app.routes")),
        ("views", ("app.routes",)),
        ("clients", ("app.replies", "app.watching", "app.views", "app.routes")),
        ("markdown", ("app.clients", "app.replies", "app.watching", "app.views", "app.routes")),
    ],
)
def test_a_folder_knows_nothing_of_these(folder: str, forbidden: tuple[str, ...]) -> None:
    for file in (APP / folder).rglob("*.py"):
        assert not [name for name in imports(file) if name.startswith(forbidden)], file


def test_only_one_module_knows_the_http_library() -> None:
    libraries = {"aiohttp", "httpx"}
    assert [file.name for file in APP.rglob("*.py") if imports(file) & libraries] == ["service.py"]
