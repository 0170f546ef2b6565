"""Each template says in its first line what it is given; this holds it to that."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import get_args, get_type_hints
from uuid import UUID

import pytest
from app.assets import Assets
from app.clients import types
from app.clients.types import ErrorKind, Reply, ReplyError
from app.templating import Templates
from app.views import lists, messages, pages, problems
from app.views.problems import KINDS, Problem
from jinja2 import meta, nodes
from markupsafe import Markup

TEMPLATES = Templates(Assets(), "Parley")
ENVIRONMENT = TEMPLATES.environment
FOLDER = Path(__file__).resolve().parents[2] / "chat-ui" / "app" / "templates"
GIVEN = re.compile(r"(\w+)(?:\.\w+)?: ")
NAMES = sorted(path.name for path in FOLDER.iterdir())
TYPED = re.compile(r"(\w+): (\w+)")
TYPES: dict[str, type] = {
    name: kind
    for module in (types, lists, messages, pages, problems)
    for name, kind in vars(module).items()
    if isinstance(kind, type)
}
# Given by a page to whatever it includes.
FRAMES = {"page"}


def read_names(template: str) -> set[str]:
    """Every name that this template looks up itself, whatever it includes."""
    source = (FOLDER / template).read_text()
    names = meta.find_undeclared_variables(ENVIRONMENT.parse(source))
    return names - set(ENVIRONMENT.globals)


def opening(template: str) -> str:
    """Its opening comment."""
    comment = re.match(r"\{#(.*?)#\}", (FOLDER / template).read_text(), re.S)
    assert comment, "a template begins by saying what it is for"
    return comment[1]


@pytest.mark.parametrize("template", NAMES)
def test_a_template_uses_what_it_says_and_nothing_else(template: str) -> None:
    assert read_names(template) <= set(GIVEN.findall(opening(template))) | FRAMES


@pytest.mark.parametrize("template", NAMES)
def test_what_a_template_reads_of_its_context_is_there(template: str) -> None:
    source = (FOLDER / template).read_text()
    said = dict(TYPED.findall(opening(template)))
    for node in ENVIRONMENT.parse(source).find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and (kind := TYPES.get(said.get(node.node.name, ""))):
            assert node.attr in fields_of(kind), f"{kind.__name__} has no {node.attr}"


def fields_of(kind: type) -> set[str]:
    """What instances of a typed object have."""
    return {*get_type_hints(kind), *dir(kind)}


@pytest.mark.parametrize("template", NAMES)
def test_no_template_carries_style_or_script_of_its_own(template: str) -> None:
    source = (FOLDER / template).read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", source)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source))


# Figures that the words of each kind may need.
FACTS: dict[str, int | str] = {"size": 11, "limit": 7, "least": 1, "most": 3, "retry_after": 5}
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


def test_a_problem_nobody_foresaw_has_none_so_that_kinds_can_not_hide_in_others_words() -> None:
    assert not words("_problem.html", problem=Problem("something-new"))


def test_every_failure_of_a_reply_has_words_of_its_own() -> None:
    said = {words("_failure.html", error=error) for error in FAILURES}
    assert all(said)
    assert len(said) == 4, "those of earlier versions are told as that the model broke"


def test_a_reply_that_was_cut_says_so() -> None:
    reply = Reply(id=UUID(int=1), state="complete", error=ReplyError(kind="reply-limit"))
    message = SimpleNamespace(reply=reply)
    assert "Cut off" in words("_status.html", message=message)
