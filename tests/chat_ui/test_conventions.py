"""Conventions of chat-ui's code: which part may know which, settings that are documented, and
templates that say what they are given and have words for everything."""

import ast
import hashlib
import re
from pathlib import Path
from types import SimpleNamespace
from typing import get_args, get_type_hints
from uuid import UUID

import pytest
from app.assets import MODULES, STYLES, Assets, join_modules, join_styles
from app.clients import document_types, prompt_types, types
from app.clients.types import ErrorKind, Reply, ReplyError
from app.main import create_app
from app.settings import Settings, read_secret
from app.templating import Templates
from app.views import chat, lists, messages, pages, problems, recordings
from app.views.problems import KINDS, Problem
from jinja2 import meta, nodes
from markupsafe import Markup

from tests.chat_ui.support import ROOT

APP = ROOT / "chat-ui" / "app"
TEMPLATES = Templates(Assets(), "Parley")
ENVIRONMENT = TEMPLATES.environment
FOLDER = APP / "templates"
NAMES = sorted(path.name for path in FOLDER.iterdir())
TYPES: dict[str, type] = {
    name: kind
    for module in (
        types,
        document_types,
        prompt_types,
        chat,
        lists,
        messages,
        pages,
        problems,
        recordings,
    )
    for name, kind in vars(module).items()
    if isinstance(kind, type)
}


def opening(template: str) -> str:
    """Its opening comment."""
    comment = re.match(r"\{#(.*?)#\}", (FOLDER / template).read_text(), re.S)
    assert comment, "a template begins by saying what it is for"
    return comment[1]


@pytest.mark.parametrize("template", NAMES)
def test_a_template_uses_what_it_says_and_nothing_else(template: str) -> None:
    """Whatever it includes. A page gives `page` to all of that."""
    names = meta.find_undeclared_variables(ENVIRONMENT.parse((FOLDER / template).read_text()))
    said = {"page", *re.findall(r"(\w+)(?:\.\w+)?: ", opening(template))}
    assert names - set(ENVIRONMENT.globals) <= said


@pytest.mark.parametrize("template", NAMES)
def test_what_a_template_reads_of_its_context_is_there(template: str) -> None:
    source = (FOLDER / template).read_text()
    said = dict(re.findall(r"(\w+): (\w+)", opening(template)))
    for node in ENVIRONMENT.parse(source).find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and (kind := TYPES.get(said.get(node.node.name, ""))):
            assert node.attr in {*get_type_hints(kind), *dir(kind)}, (kind.__name__, node.attr)


@pytest.mark.parametrize("template", NAMES)
def test_no_template_carries_style_or_script_of_its_own(template: str) -> None:
    source = (FOLDER / template).read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", source)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source))


def test_the_chats_script_is_all_of_its_modules_each_after_those_it_imports() -> None:
    named = []
    for name in MODULES:
        source = (APP / "static" / "js" / f"{name}.js").read_text()
        assert set(re.findall(r'from "\./(\w+)\.js"|import "\./(\w+)\.js"', source)) <= {
            pair for known in MODULES[: MODULES.index(name)] for pair in ((known, ""), ("", known))
        }
        named += re.findall(
            r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", source, re.M
        )
    assert len(named) == len(set(named)), "no name means two things"
    assert not re.search("^(import|export)", join_modules(), re.M)


# Figures that the words of each kind may need.
FACTS: dict[str, int | str] = {
    "size": 11,
    "limit": 7,
    "letters": 40,
    "least": 1,
    "most": 3,
    "retry_after": 5,
    "found": "html",
    "host": "chat.example",
}
FAILURES: list[ReplyError | None] = [
    None,
    ReplyError(kind="unknown", detail="odd"),
    ReplyError(kind="prompt-too-long", size=11, limit=7),
    *(ReplyError(kind=kind) for kind in get_args(ErrorKind) if kind != "reply-limit"),
]


def words(template: str, **context: object) -> str:
    return Markup(TEMPLATES.render(template, **context)).striptags()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_problem_a_page_can_show_has_words(kind: str) -> None:
    said = words("_problem.html", problem=Problem(kind, FACTS))
    assert said
    assert (said == words("_problem.html", problem=Problem("internal"))) == (kind == "internal")
    assert not words("_problem.html", problem=Problem("new")), "nor can a kind hide in others'"


def test_every_failure_of_a_reply_has_words_of_its_own() -> None:
    said = {words("_failure.html", error=error) for error in FAILURES}
    assert all(said)
    assert len(said) == 5, "those of earlier versions are told as that the model broke"
    reply = Reply(id=UUID(int=1), state="complete", error=ReplyError(kind="reply-limit"))
    assert "Reply length limit reached." in words(
        "_status.html", message=SimpleNamespace(reply=reply)
    )


@pytest.mark.parametrize(
    ("position", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (12, "12th"), (21, "21st")],
)
def test_a_position_in_the_queue_is_told_as_people_say_it(position: int, said: str) -> None:
    reply = Reply(id=UUID(int=1), state="queued", queue_position=position)
    assert f"Queued, {said} in line…" in words("_waiting.html", reply=reply)


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
    assert not [
        f"{file.name} imports {name}"
        for file in (APP / folder).rglob("*.py")
        for name in imports(file)
        if name.startswith(forbidden)
    ]


def test_only_one_module_knows_the_http_library() -> None:
    libraries = {"aiohttp", "httpx"}
    assert [file.name for file in APP.rglob("*.py") if imports(file) & libraries] == ["service.py"]


README = (ROOT / "chat-ui" / "README.md").read_text()


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    rows = [line for line in README.splitlines() if f"`{name.upper()}`" in line]
    assert len(rows) == 1, "one row in the table of settings"
    default = f"{Settings.model_fields[name].default}".replace("|", r"\|")  # which ends a cell
    assert f"`{default}`" in rows[0]


def test_an_empty_variable_means_the_default_and_one_that_will_not_do_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSISTANT_NAME", "")
    monkeypatch.setenv("REPLY_TOKENS", "7")
    assert (Settings().assistant_name, Settings().reply_tokens) == ("Parley", 7)
    assert Settings().examples
    monkeypatch.setenv("EXAMPLE_PROMPTS", " one | |two?")
    assert Settings().examples == ["one", "two?"]
    monkeypatch.setenv("EXAMPLE_PROMPTS", "")
    assert Settings().examples == [], "this one may be empty"
    for name, wrong in (
        *(("LAG_INTERVAL_SECONDS", "-1"), ("SESSION_DAYS", "0"), ("REPLY_TOKENS", "0")),
        *(("TEMPERATURE", "-0.1"), ("TEMPERATURE", "2.1"), ("PUBLIC_URL", "chat.example")),
        *(("PUBLIC_URL", "ftp://chat.example"), ("PUBLIC_URL", "https://")),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, wrong)
            with pytest.raises(SystemExit, match=f"setting: {name}: "):
                create_app()


def test_a_secret_is_read_without_its_line_end_and_a_missing_one_stops_the_start_with_advice(
    tmp_path: Path,
) -> None:
    file = tmp_path / "key"
    for content in (None, "", " \n"):
        if content is not None:
            file.write_text(content)
        with pytest.raises(SystemExit, match=str(file)):
            create_app(Settings(cookie_key_file=file))
    file.write_text("s3cret\n")
    assert read_secret(file) == "s3cret"


@pytest.mark.parametrize(
    "folder", [APP / "static" / "vendor", APP / "markdown" / "vendor"], ids=str
)
def test_vendored_files_are_those_of_their_packages(folder: Path) -> None:
    listed = re.findall(r"^\| `(\S+)` .*`(\w{64})` \|$", (folder / "README.md").read_text(), re.M)
    files = {path for path in folder.iterdir() if path.suffix not in (".md", ".LICENSE")}
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == dict(
        listed
    )


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "chat_ui").glob("*.py")), ids=str)
def test_a_librarys_members_are_replaced_within_one_module(path: Path) -> None:
    """`replace_within` does so. Replaced for everybody, they would be missing in the servers."""
    everywhere = r"setattr\(\s*\"?(?:[\w.]+\.)?(?:asyncio|fcntl|os|threading|time)\b[.,]"
    assert not re.search(everywhere, path.read_text())


def test_the_style_sheet_has_every_rule_and_no_comment_on_lines_of_its_own() -> None:
    written = "\n".join((APP / "static" / "css" / f"{name}.css").read_text() for name in STYLES)
    sent = join_styles()
    assert not re.search(r"^ */\*", sent, re.M)
    rules = [re.sub(r"/\*.*?\*/|\s", "", text, flags=re.S) for text in (written, sent)]
    assert rules[0] == rules[1] != ""
