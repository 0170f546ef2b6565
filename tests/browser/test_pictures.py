"""Pictures of the main states, for whoever looks after the pages, and for the README.

They go to .cache/pictures; `PICTURES=docs/images make browser` renews those that are in the README.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person
from tests.browser.support.states import STATES

ROOT = Path(__file__).resolve().parents[2]
SIZES = {360: 740, 768: 1024, 1280: 800}
TAKEN = ("first visit", "home", "chat", "replying", "drawer", "search", "settings", "editing")
FOR_THE_README = {
    ("chat", 1280, "light"): "chat-light.png",
    ("chat", 1280, "dark"): "chat-dark.png",
    ("replying", 360, "light"): "phone-light.png",
    ("drawer", 360, "dark"): "phone-dark.png",
}


def place(name: str, width: int, theme: str) -> Path | None:
    """Where a picture belongs, None if it is not asked for."""
    if folder := os.environ.get("PICTURES"):
        file = FOR_THE_README.get((name, width, theme))
        return ROOT / folder / file if file else None
    return ROOT / ".cache" / "pictures" / f"{name.replace(' ', '-')}-{width}-{theme}.png"


def take(page: Page, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file)
    assert file.stat().st_size > 5_000, "an empty page"


@pytest.mark.parametrize("width", SIZES)
def test_pictures_are_taken(tenant: Person, width: int) -> None:
    size = {"width": width, "height": SIZES[width]}
    someone = tenant(viewport=size, reduced_motion="reduce")
    for state in (state for state in STATES if state.name in TAKEN):
        wanted = {
            theme: file for theme in ("light", "dark") if (file := place(state.name, width, theme))
        }
        if not wanted:
            continue
        page = state.open(someone)
        expect(page.locator("body")).to_be_visible()
        for theme, file in wanted.items():
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            take(page, file)
        page.close()
