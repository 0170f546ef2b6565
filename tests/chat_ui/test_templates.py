"""Each template says in its first line what it is given; this holds it to that."""

import re
from pathlib import Path
from typing import get_type_hints

import pytest
from app.assets import Assets
from app.clients import types
from app.templating import Templates
from app.views import lists, messages, pages, problems
from jinja2 import meta, nodes

ENVIRONMENT = Templates(Assets(), "Parley").environment
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


def documented(template: str) -> set[str]:
    """The names in its opening comment."""
    source = (FOLDER / template).read_text()
    comment = re.match(r"\{#(.*?)#\}", source, re.S)
    assert comment, "a template begins by saying what it is for"
    return set(GIVEN.findall(comment[1]))


@pytest.mark.parametrize("template", NAMES)
def test_a_template_uses_what_it_says_and_nothing_else(template: str) -> None:
    assert read_names(template) <= documented(template) | FRAMES


@pytest.mark.parametrize("template", NAMES)
def test_what_a_template_reads_of_its_context_is_there(template: str) -> None:
    source = (FOLDER / template).read_text()
    comment = re.match(r"\{#(.*?)#\}", source, re.S)
    said = dict(TYPED.findall(comment[1])) if comment else {}
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
