"""What rendered Markdown looks like, and does, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, MakePerson
from tests.browser.support.page import FITS, body, replies
from tests.browser.support.people import Someone

FORMULA = r"$$\begin{aligned} x + y &= 12 \\ 2x &= \boxed{5} \end{aligned}$$"
NOTES = "Salt water.[^1]\n\n" + "A long sea.\n\n" * 40 + "[^1]: About 3.5 %."
IDS = re.compile(r'id="(\S+-(?:ref|note)-1)"')
FONT = "[...document.fonts].some(f => f.family.includes('Noto') && f.status === 'loaded')"


def test_formulas_are_aligned_boxed_and_in_a_font_made_for_them(ann: Someone) -> None:
    page = ann.open_talk("Solve it.", FORMULA)
    page.wait_for_function(FONT)
    formula = body(replies(page).last)
    signs = formula.locator("mo", has_text="=")
    first, last = signs.nth(0).bounding_box(), signs.nth(1).bounding_box()
    assert first
    assert last
    assert abs(first["x"] - last["x"]) < 1
    expect(formula.locator(".tml-fbox")).to_have_css("border-top-width", "1px")


def test_a_line_with_a_long_formula_fits_a_phone(phone: Someone) -> None:
    page = phone.open_talk("Add up.", f"So ${' + '.join(map(str, range(60)))}$ it is.")
    assert page.evaluate(FITS)
    box = body(replies(page).last).locator("math").bounding_box()
    assert box
    assert box["height"] > 40, "it continues below"


@pytest.mark.parametrize("marks", [("$$", "$$"), (r"\[", r"\]")])
@pytest.mark.parametrize("words", ["{}", "The sum is {} and that is all.", "- The sum is {}."])
def test_a_wide_formula_scrolls_in_its_own_box(
    phone: Someone, words: str, marks: tuple[str, str]
) -> None:
    fraction = r"\frac{" + "+".join(map(str, range(60))) + "}{2}"
    page = phone.open_talk("Add up.", words.format(fraction.join(marks)))
    assert page.evaluate(FITS)
    box = body(replies(page).last).get_by_role("group", name="Formula")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert "local" in box.evaluate("box => getComputedStyle(box).backgroundAttachment"), "a hint"
    box.focus()
    expect(box).to_be_focused()


SQUARE = "The square $a^2$ is\n\n$$\\frac{a}{1} \\cdot a$$\n\nbig."
# What is on the clipboard when a part of the page is selected and copied.
COPY = """selector => {
    getSelection().selectAllChildren(document.querySelector(selector));
    const clipboardData = new DataTransfer();
    const event = new ClipboardEvent("copy", { clipboardData, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
    return clipboardData.getData("text/plain");
}"""


@pytest.mark.parametrize(
    ("selector", "copied"),
    [
        (".message.assistant:last-of-type .body", SQUARE),
        (".message.assistant:last-of-type math", "$a^2$"),
        (".message.user .body", ""),  # left to the browser
    ],
)
def test_formulas_are_copied_as_their_source(ann: Someone, selector: str, copied: str) -> None:
    page = ann.open_talk("Hi", SQUARE)
    assert page.evaluate(COPY, selector).strip() == copied


@pytest.mark.parametrize("scripts", [True, False])
def test_a_footnote_leads_there_and_back(person: MakePerson, scripts: bool) -> None:
    someone = person("Ann", java_script_enabled=scripts, **PHONE)
    page = someone.open_talk("What is the sea?", NOTES, "And again?", NOTES)
    ids = IDS.findall(someone.http.get(someone.chat).text)
    assert len(ids) == len(set(ids)) == 4
    first = replies(page).filter(has_text="Salt water").first
    reference, note = first.get_by_role("link", name="[1]"), first.locator(".footnote")
    reference.click()
    expect(note).to_be_in_viewport()
    note.get_by_role("link", name="Back to the text").click()
    expect(reference).to_be_in_viewport()
    expect(note).not_to_be_in_viewport()


def test_tasks_say_whether_they_are_done(ann: Someone) -> None:
    page = ann.open_talk("What is left?", "- [x] Fill\n- [ ] Stir")
    marks = replies(page).last.get_by_role("img")
    expect(marks).to_have_count(2)
    expect(marks.first).to_have_accessible_name("Done")
    expect(marks.last).to_have_accessible_name("To do")
