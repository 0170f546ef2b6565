"""Small windows, big letters, fingers, and those whom movement makes ill."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Person
from tests.browser.support.page import has_focus, prompt, replies
from tests.browser.support.people import Someone
from tests.browser.support.states import STATES, State, fill

FINGER = 44

# What can be pressed and seen; a link within a sentence may be as high as its line (WCAG 2.5.8).
TOO_SMALL = """least => [...document.querySelectorAll(
        "button, summary, input, textarea, a[href], label:has(input)")]
    .filter(e => e.checkVisibility({ opacityProperty: false, visibilityProperty: true }))
    .filter(e => !e.closest(".body, .prose, p:not(.pager, .earlier), .skip, .hidden"))
    .filter(e => e.matches(":not(input[type=radio], input[type=checkbox], input[type=hidden])"))
    .map(e => [e.outerHTML.slice(0, 150), e.getBoundingClientRect()])
    .filter(([, { width, height }]) => width > 0 && (width < least || height < least))
    .map(([html, { width, height }]) => `${Math.round(width)}x${Math.round(height)} ${html}`)"""


def sideways(page: Page) -> list[str]:
    """What sticks out of the window."""
    if page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        return []
    found: list[str] = page.evaluate("""() => [...document.querySelectorAll("body *")]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => e.outerHTML.slice(0, 120))""")
    return found or ["something"]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name.replace(" ", "-"))
def test_a_finger_hits_every_target_on_a_phone(tenant: Person, state: State) -> None:
    page = state.open(tenant(**PHONE))
    assert page.evaluate(TOO_SMALL, FINGER) == []
    assert sideways(page) == []


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name.replace(" ", "-"))
def test_at_200_percent_nothing_is_cut_off_and_one_can_write(tenant: Person, state: State) -> None:
    size = {"width": 640, "height": 400}
    page = state.open(tenant(viewport=size, device_scale_factor=2))
    assert sideways(page) == []
    if prompt(page).count() and prompt(page).is_editable() and state.name == "chat":
        prompt(page).fill("A question\nin two lines")
        expect(prompt(page)).to_be_in_viewport(ratio=0.99)
        expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=0.99)


def test_hostile_text_widens_no_page(phone: Someone) -> None:
    wide = "w" * 3000
    table = "|" + "column|" * 30 + "\n|" + "--|" * 30 + "\n|" + "value|" * 30
    code = f"```\n{wide}\n```\n\n`{wide}`\n\n# {wide}\n\n$$" + "x + " * 300 + "y$$"
    phone.talk(wide, f"{wide}\n\n{table}\n\n{code}")
    for path in (phone.chat, f"{phone.chat}/settings", f"{phone.chat}/prompt", "/search?q=w", "/"):
        assert sideways(phone.open(path)) == []
    page = phone.open()
    group = replies(page).last.get_by_role("group", name="Table")
    assert group.evaluate("e => e.scrollWidth > e.clientWidth"), "a table is squeezed, or widens"


def test_wherever_the_keyboard_goes_the_focus_is_seen_and_uncovered(ann: Someone) -> None:
    hand = ann.talk("First", "Words.\n\n" * 20)
    hand.exchange("Second", "More words.\n\n" * 20)
    page = ann.open()
    seen = set()
    for _ in range(45):
        page.keyboard.press("Shift+Tab")
        page.wait_for_timeout(20)
        focus: dict[str, str | bool] = page.evaluate("""() => {
            const e = document.activeElement;
            const { x, y, width, height } = e.getBoundingClientRect();
            const top = document.elementFromPoint(x + width / 2, y + height / 2);
            const ring = ({ outlineStyle, outlineWidth, boxShadow }) =>
                (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
            return { what: e.outerHTML.slice(0, 150), body: e === document.body,
                ring: [e, e.closest(".box")].some((one) => one && ring(getComputedStyle(one))),
                uncovered: e.contains(top) || top?.contains(e) || false };
        }""")
        if focus["body"]:
            continue
        seen.add(focus["what"])
        assert focus["ring"], f"no ring around {focus['what']}"
        assert focus["uncovered"], f"something covers {focus['what']}"
    assert len(seen) > 15


def test_reduced_motion_is_honoured(person: Person) -> None:
    someone = person("Cal", reduced_motion="reduce", viewport={"width": 360, "height": 740})
    fill(someone)
    growing = someone.hand().ask("Go on.")
    growing.write("Words ")
    page = someone.open()
    expect(replies(page).last).to_contain_text("Words")
    page.get_by_role("button", name="Chats").click()
    page.wait_for_timeout(50)
    assert page.evaluate("document.getAnimations().length") == 0
    page.keyboard.press("Escape")
    growing.write("that come all at once, however many they are.")
    expect(replies(page).last).to_contain_text("however many")
    assert page.evaluate("document.getAnimations().length") == 0


def test_motion_is_there_for_the_others(person: Person) -> None:
    someone = person("Mo", viewport={"width": 360, "height": 740})
    someone.hand().ask("Go on.")
    page = someone.open()
    expect(page.locator(".progress")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") > 0


def test_focus_goes_where_attention_goes(ann: Someone) -> None:
    ann.talk("First", "One.")
    page = ann.open()
    expect(prompt(page)).to_be_focused()
    assert has_focus(prompt(page))
    home = ann.context.new_page()
    ann.context.clear_cookies()
    home.goto("/")
    expect(home.get_by_label("Your name")).to_be_focused()
