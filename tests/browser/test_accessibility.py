"""For everybody: axe finds nothing on any page or state, in both themes, at three widths."""

from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.support.axe import findings
from tests.browser.support.page import replies
from tests.browser.support.people import Someone
from tests.browser.support.states import STATES, State, fill

WIDTHS = (360, 768, 1280)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name.replace(" ", "-"))
def test_axe_finds_nothing(tenant: Person, state: State, width: int) -> None:
    size = {"width": width, "height": 800}
    someone = tenant(viewport=size, reduced_motion="reduce")
    page = state.open(someone)
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        found += [f"{theme}: {finding}" for finding in findings(page)]
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways"


def test_axe_would_find_something(ann: Someone) -> None:
    page = ann.open("/")
    page.evaluate("document.querySelector('label[for=username]').remove()")
    assert [finding for finding in findings(page) if finding.startswith("label:")]


def test_a_chosen_theme_holds_whatever_the_system_says(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open("/settings")
    page.emulate_media(color_scheme="light")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(background)
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    dark = page.evaluate(background)
    assert dark != light
    assert findings(page) == []
    page.emulate_media(color_scheme="dark")
    page.get_by_label("As the system has them").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("As the system has them")).to_be_checked()
    assert page.evaluate(background) == dark


def test_landmarks_and_headings_tell_what_is_where(ann: Someone) -> None:
    fill(ann)
    page = ann.open()
    roles: tuple[Literal["banner", "main", "navigation", "search", "log"], ...]
    roles = ("banner", "main", "navigation", "search", "log")
    for role in roles:
        expect(page.get_by_role(role)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    said = replies(page).last.get_by_role("heading").first
    expect(said).to_have_text("Parley")
