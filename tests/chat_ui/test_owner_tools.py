"""An owner's own tools: files in TOOLS_DIR. Whatever one of them does, a message that calls it gets
an answer, and nothing else of Parley notices."""

import re
from pathlib import Path
from unittest.mock import Mock

import pytest
from app.toolbox import Tool, Toolbox, find_tools, owner_files

from local.stack import ROOT
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    ask,
    messages,
    new_browser,
    open_chat,
)

(EXAMPLE,) = re.findall(
    r"## Tools of your own\n.*?```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S
)
LOST = "def run(text: str) -> str:\n    'It.'\n    "
FAILS = [
    ("raise ValueError(text)", owner_files.FAILED),
    ("import os; os._exit(3)", owner_files.FAILED),
    ("import os; os.abort()", owner_files.FAILED),
    ("import missing", owner_files.FAILED),
    ("return 'a' * 10**10", owner_files.FAILED),
    ("return 'a' * 10**6", owner_files.TOO_LARGE),
    ("return ''", owner_files.NO_TEXT),
    ("while True: pass", owner_files.TOO_SLOW),
    ("import time; time.sleep(600)", owner_files.TOO_SLOW),
    ("import os, time; os.fork() or time.sleep(600); return 'x'", owner_files.TOO_SLOW),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "roll_dice.py").write_text(EXAMPLE)
    return tmp_path


def find(folder: Path, name: str = "it") -> Tool:
    return find_tools(folder)[name]


async def call(tool: Tool, text: str = "") -> str:
    tools = Toolbox({tool.name: tool}, Mock(), Mock())
    return await tools.call(tool, f"/{tool.name} {text}", Mock())


def test_a_file_is_a_tool(
    folder: Path, serve_chat_ui: StartBriefly, db_api: DbApiServer, model: ScriptedModel
) -> None:
    with (
        serve_chat_ui(db_api_url=db_api.url, tools_dir=str(folder)) as url,
        new_browser(url) as browser,
    ):
        said = messages(ask(browser, open_chat(browser), "/roll-dice 1"))[-1]
    assert "You rolled 1." in said
    assert model.requests == []


@pytest.mark.anyio
@pytest.mark.parametrize(("does", "said"), FAILS)
async def test_one_that_fails_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, said: str
) -> None:
    monkeypatch.setattr(owner_files, "MOST_SECONDS", 1)
    (tmp_path / "it.py").write_text(LOST + does)
    assert await call(find(tmp_path)) == said


@pytest.mark.anyio
async def test_the_log_says_where_one_failed_and_nothing_of_the_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "it.py").write_text(LOST + "return int(text)")
    assert await call(find(tmp_path), "quillword") == owner_files.FAILED
    assert "it.py" in caplog.text
    assert "ValueError" in caplog.text
    assert "quillword" not in caplog.text


@pytest.mark.anyio
async def test_it_gets_its_text_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_API_KEY_FILE", "/secret")
    (tmp_path / "it.py").write_text(
        LOST + "import os; print('noise'); return text + str(sorted(os.environ))"
    )
    told = await call(find(tmp_path), "“ä” ")
    assert told.startswith("“ä”[")
    assert "LM_API" not in told


def test_a_file_that_is_no_tool_is_left_out_and_never_run(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, text in {
        "broken.py": "def run(",
        "silent.py": "def run(text): return text",
        "other.py": "raise SystemExit",
        "Upper.py": EXAMPLE,
        "calculator.py": EXAMPLE,
        "notes.txt": EXAMPLE,
        "bytes.py": "\0",
    }.items():
        (folder / name).write_text(text)
    assert set(find_tools(folder)) == {*find_tools(), "roll-dice"}
    assert find(folder, "calculator").summary == find_tools()["calculator"].summary
    for name in ("broken", "silent", "other", "Upper", "bytes"):
        assert f"{name}.py is no tool" in caplog.text
    assert (
        find(folder, "roll-dice").summary == "Roll a die, with six sides or as many as you write."
    )


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert find_tools(tmp_path / "missing").keys() == find_tools().keys()
