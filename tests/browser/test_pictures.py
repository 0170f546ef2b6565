"""Pictures in a browser, with and without scripts: ticked, sent with a message, shown below it."""

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.support.axe import TAGS, findings
from tests.browser.support.documents import attach, documents
from tests.browser.support.page import FITS, questions, replies, send, wait_until_final
from tests.browser.support.people import Someone
from tests.browser.test_text_browser import needs_w3m, show
from tests.support.waiting import wait_until

UNSEEN = "No text was found in door.png, so the model did not get it."


def draw(name: str = "door.png", colour: str = "white") -> FilePayload:
    """A picture without a word in it."""
    image = Image.new("RGB", (640, 480), colour)
    ImageDraw.Draw(image).rectangle((200, 80, 440, 460), fill="brown")
    file = BytesIO()
    image.save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


def attach_picture(someone: Someone, page: Page, picture: FilePayload) -> None:
    """It has been read when this ends."""
    count = documents(page).count()
    attach(someone, page, picture)
    expect(documents(page)).to_have_count(count + 1)

    def is_read() -> bool:
        if not someone.scripts:
            page.reload()
        return "No text found" in documents(page).last.inner_text()

    wait_until(is_read)


def box(page: Page, name: str = "door.png") -> Locator:
    return page.get_by_role("group", name="With this message:").get_by_label(name)


def test_a_ticked_picture_goes_with_the_message(visitor: Someone) -> None:
    page = visitor.open()
    attach_picture(visitor, page, draw())
    expect(box(page)).to_be_checked()
    send(page, "What is this?")
    picture = questions(page).last.get_by_role("img", name="door.png")
    expect(picture).to_be_visible()
    wait_until_final(page)
    expect(replies(page).last.locator(".saw")).to_have_text(UNSEEN)
    expect(box(page)).not_to_be_checked()
    wait_until(lambda: picture.evaluate("image => image.naturalWidth") == 640)
    visitor.press(questions(page).last.get_by_role("link", name="door.png"))
    expect(page.get_by_role("heading", name="door.png")).to_be_visible()


def test_what_is_not_ticked_stays_so_when_another_picture_comes(ann: Someone) -> None:
    page = ann.open()
    attach_picture(ann, page, draw())
    box(page).uncheck()
    attach_picture(ann, page, draw("wall.png", "grey"))
    expect(box(page, "wall.png")).to_be_checked()
    expect(box(page)).not_to_be_checked()


def test_one_that_is_uploaded_again_goes_with_the_next_message(visitor: Someone) -> None:
    page = visitor.open()
    attach_picture(visitor, page, draw())
    send(page, "What is this?")
    wait_until_final(page)
    expect(box(page)).not_to_be_checked()
    attach(visitor, page, draw())
    expect(box(page)).to_be_checked()
    expect(documents(page)).to_have_count(1)


def test_pictures_fit_a_phone_and_everybody(phone: Someone) -> None:
    page = phone.open()
    attach_picture(phone, page, draw(f"{'a very long name ' * 8}.png"))
    expect(page.get_by_role("checkbox")).to_be_checked()
    send(page, "What is this?")
    expect(questions(page)).to_have_count(1)
    wait_until_final(page)
    expect(replies(page).last.locator(".saw")).to_be_visible()
    assert page.evaluate(FITS)
    assert findings(page, TAGS) == []


@needs_w3m
def test_a_text_browser_names_the_picture(ann: Someone, tmp_path: Path) -> None:
    page = ann.open()
    attach_picture(ann, page, draw())
    send(page, "What is this?")
    expect(questions(page)).to_have_count(1)
    wait_until_final(page)
    text = " ".join(show(ann.http.get(ann.chat).text, tmp_path).split())
    places = [text.index(words) for words in ("What is this?", "door.png", UNSEEN, "With this")]
    assert places == sorted(places)
