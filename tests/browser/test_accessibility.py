"""Themes, landmarks, the focus, and those whom movement makes ill. What axe finds on each page is
asked in test_states.py."""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, MakePerson
from tests.browser.support.axe import COLOUR_RULES, TAGS, findings
from tests.browser.support.page import FITS, body, questions, replies, save
from tests.browser.support.people import Someone
from tests.browser.support.states import fill

THEMES = {"dark": "Dark", "light": "Light", "system": "System"}
BACKGROUND = "getComputedStyle(document.documentElement).backgroundColor"
ROLES: tuple[Literal["banner", "main", "navigation", "search", "log"], ...] = (
    "banner", "main", "navigation", "search", "log",
)  # fmt: skip


def test_axe_would_find_something(ann: Someone) -> None:
    page = ann.open("/")
    page.evaluate("document.querySelector('label[for=username]').remove()")
    page.evaluate("document.querySelector('h1').style.color = '#bbb'")
    assert {"label", "color-contrast"} <= {found.split(":")[0] for found in findings(page, TAGS)}
    assert [found.split(":")[0] for found in findings(page, COLOUR_RULES)] == ["color-contrast"]


@pytest.mark.parametrize("system", ["light", "dark"])
def test_a_chosen_theme_holds_whatever_the_system_says(
    person: MakePerson, system: Literal["light", "dark"]
) -> None:
    someone = person("Ann", color_scheme=system, **DESK)
    someone.talk("What is the sea?", "Salt water.")
    page = someone.open("/settings")
    backgrounds = {}
    for theme, label in THEMES.items():
        page.get_by_role("radio", name=label).check()
        save(page)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        expect(page.get_by_role("status")).to_have_text("Saved.")
        expect(page.get_by_label(label, exact=True)).to_be_checked()
        backgrounds[theme] = page.evaluate(BACKGROUND)
        assert findings(page, COLOUR_RULES) == []
    assert backgrounds["light"] != backgrounds["dark"]
    assert backgrounds["system"] == backgrounds[system]


def test_landmarks_and_headings_tell_what_is_where(ann: Someone) -> None:
    page = ann.open_talk("What is the sea?", "Salt water.")
    for role in ROLES:
        expect(page.get_by_role(role)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(replies(page).last.get_by_role("heading").first).to_have_text("Parley")


FOCUS = """() => {
    const e = document.activeElement;
    const { x, y, width, height } = e.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + height / 2);
    const ring = ({ outlineStyle, outlineWidth, boxShadow }) =>
        (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
    return { what: e === document.body ? "" : e.outerHTML.slice(0, 150),
        ring: [e, e.closest(".box")].some((one) => one && ring(getComputedStyle(one))),
        uncovered: e.contains(top) || top?.contains(e) || false };
}"""


def test_wherever_the_keyboard_goes_the_focus_is_seen_and_uncovered(ann: Someone) -> None:
    page = ann.open_talk("First", "Words.\n\n" * 20, "Second", "More words.\n\n" * 20)
    seen = set()
    for _ in range(45):
        page.keyboard.press("Shift+Tab")
        page.evaluate("() => new Promise(requestAnimationFrame)")  # it may have scrolled
        focus = page.evaluate(FOCUS)
        assert focus["ring"] or not focus["what"], f"no ring around {focus['what']}"
        assert focus["uncovered"] or not focus["what"], f"something covers {focus['what']}"
        seen.add(focus["what"])
    assert len(seen) > 15


def animations(page: Page) -> int:
    return int(page.evaluate("document.getAnimations().length"))


def test_reduced_motion_is_honoured_and_motion_is_there_for_the_others(person: MakePerson) -> None:
    size = {"width": 360, "height": 740}
    calm, other = person("Cal", reduced_motion="reduce", viewport=size), person("Mo", viewport=size)
    fill(calm)
    reply = calm.writer().ask("Go on.")
    reply.write("Words ")
    page = calm.open()
    expect(replies(page).last).to_contain_text("Words")
    page.get_by_role("button", name="Chats").click()
    assert animations(page) == 0
    page.keyboard.press("Escape")
    reply.write("that come all at once, however many they are.")
    expect(replies(page).last).to_contain_text("however many")
    expect(page.locator(".waits-long")).to_be_visible()
    assert animations(page) == 0

    other.writer().ask("Go on.")
    page = other.open()
    expect(page.locator(".waits-long .progress")).to_be_visible()
    assert animations(page) > 0


def test_hostile_text_is_only_text_and_widens_no_page(phone: Someone) -> None:
    wide = "w" * 3000
    table = "|" + "column|" * 30 + "\n|" + "--|" * 30 + "\n|" + "value|" * 30
    code = f"```\n{wide}\n```\n\n`{wide}`\n\n# {wide}\n\n$$" + "x + " * 300 + "y$$"
    image = "<img src=x onerror=alert(1)>"
    phone.talk(f"{image}{wide}", f"{wide}\n\n{table}\n\n{code}\n\n{image} [x](javascript:alert(1))")
    page = phone.open("/")
    for path in (f"{phone.chat}/settings", f"{phone.chat}/prompt", "/search?q=w", phone.chat):
        assert page.evaluate(FITS), page.url
        page.goto(path)
    assert page.evaluate(FITS), page.url
    expect(body(questions(page))).to_have_text(f"{image}{wide}")
    expect(page.locator(".body img, .body [href^=javascript]")).to_have_count(0)
    group = replies(page).last.get_by_role("group", name="Table")
    assert group.evaluate("e => e.scrollWidth > e.clientWidth"), "a table is squeezed, or widens"
