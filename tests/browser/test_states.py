"""For everybody: every page in every state, on a phone, a tablet and a desk, in both themes and at
200 percent. Pictures are taken on the way, for whoever looks after the pages and for the README.

They go to .cache/pictures; `PICTURES=docs/images make browser` renews those that are in the README.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.support.axe import COLOUR_RULES, TAGS, findings
from tests.browser.support.page import FITS, prompt
from tests.browser.support.people import Profile, Someone
from tests.browser.support.states import STATES, State, fill
from tests.browser.support.writer import DbApi
from tests.support.local_stack import LocalStack

ROOT = Path(__file__).resolve().parents[2]
# A desk begins as a tablet, which has a drawer as a phone has; 640 is 1280 at 200 percent.
SCREENS: dict[str, tuple[dict[str, Any], list[ViewportSize]]] = {
    "phone": (PHONE, [PHONE["viewport"]]),
    "desk": (
        DESK,
        [{"width": 768, "height": 800}, {"width": 640, "height": 400}, DESK["viewport"]],
    ),
}
# Themes differ in their colours only, so the second one is only asked for those.
THEMES: dict[Literal["light", "dark"], list[str]] = {"light": TAGS, "dark": COLOUR_RULES}
FINGER = 44
PICTURES = (
    *("first visit", "home", "home after a refusal", "chats", "menu in the list", "problem"),
    *("found while typing", "chat after a deletion", "chat", "replying", "drawer", "search"),
    *("settings", "editing", "chat with documents", "documents", "document"),
    *("document menu", "add documents"),
    *("answer with quotes", "quote", "prompt with passages", "prompt of a reply"),
    "notices of files",
)
FOR_THE_README = {
    ("chat", 1280, "light"): "chat-light.png",
    ("chat", 1280, "dark"): "chat-dark.png",
    ("replying", 360, "light"): "phone-light.png",
    ("drawer", 360, "dark"): "phone-dark.png",
}

# What can be pressed and seen; a link within a sentence may be as high as its line (WCAG 2.5.8).
TOO_SMALL = """least => [...document.querySelectorAll(
        "button, summary, input, textarea, a[href], label:has(input)")]
    .filter(e => e.checkVisibility({ opacityProperty: false, visibilityProperty: true }))
    .filter(e => !e.closest(".body, .prose, p:not(.pager, .earlier), label > span, .facts-line"))
    .filter(e => !e.closest(".skip, .hidden"))
    .filter(e => e.matches(":not(input[type=radio], input[type=checkbox], input[type=hidden])"))
    .map(e => [e.outerHTML.slice(0, 150), e.getBoundingClientRect()])
    .filter(([, { width, height }]) => width > 0 && (width < least || height < least))
    .map(([html, { width, height }]) => `${Math.round(width)}x${Math.round(height)} ${html}`)"""


@pytest.fixture(scope="module")
def tenants(chromium: Browser, parley: LocalStack, api: DbApi) -> Iterator[dict[str, Someone]]:
    """People with some chats, one for each screen, who stay for all states."""
    tenants = {}
    for screen, (options, _) in SCREENS.items():
        profile = Profile(chromium, parley.url, reduced_motion="reduce", **options)
        tenants[screen] = Someone(profile, parley, api, "Ann")
        fill(tenants[screen])
    yield tenants
    for someone in tenants.values():
        someone.leave()


@pytest.fixture
def tenant(tenants: dict[str, Someone], screen: str) -> Iterator[Someone]:
    """Who has that screen, known to the pages by cookie again."""
    tenants[screen].show_cookies()
    yield tenants[screen]
    tenants[screen].rest()


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name.replace(" ", "-"))
@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_keeps_anybody_out(tenant: Someone, screen: str, state: State) -> None:
    sizes = SCREENS[screen][1]
    tenant.profile.tab.set_viewport_size(sizes[0])
    page = state.open(tenant)
    found = []
    for size in sizes:
        page.set_viewport_size(size)
        width = size["width"]
        found += [f"at {width}: {barrier}" for barrier in barriers(page, state, screen, width)]
    assert found == []


def barriers(page: Page, state: State, screen: str, width: int) -> Iterator[str]:
    """What is in somebody's way, at this width of the window."""
    if screen == "phone":
        yield from page.evaluate(TOO_SMALL, FINGER)
    if not page.evaluate(FITS):
        yield "it scrolls sideways"
    if width == 640:
        check_room_to_write(page, state)
        return
    for theme, rules in THEMES.items():
        page.emulate_media(color_scheme=theme)
        # Fingers' targets are measured above; axe takes for small what the sticky composer or an
        # open menu covers.
        covered = screen == "phone" or state.name == "menu"
        yield from (
            f"{theme}: {finding}"
            for finding in findings(page, rules)
            if not covered or not finding.startswith("target-size:")
        )
        take_picture(page, state.name, width, theme)


def check_room_to_write(page: Page, state: State) -> None:
    """At 200 percent the composer must not fill the window."""
    if state.name == "chat":
        prompt(page).fill("A question\nin two lines")
        expect(prompt(page)).to_be_in_viewport(ratio=0.99)
        expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=0.99)
        prompt(page).fill("")


def take_picture(page: Page, name: str, width: int, theme: str) -> None:
    """If one is wanted."""
    file = ROOT / ".cache" / "pictures" / f"{name.replace(' ', '-')}-{width}-{theme}.png"
    wanted = name in PICTURES
    if folder := os.environ.get("PICTURES"):
        wanted = (name, width, theme) in FOR_THE_README
        file = ROOT / folder / FOR_THE_README.get((name, width, theme), "")
    if wanted:
        file.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=file, scale="css")
        assert file.stat().st_size > 5_000, "an empty page"
