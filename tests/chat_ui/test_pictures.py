"""Pictures go with a message: by the page's form, shown below it, and told of below the reply."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from app.clients.document_types import Document
from app.clients.types import Message
from app.views.documents import offer_pictures, tick_new

from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    client_key,
    expect,
    generate,
    parse,
    wait_until_final,
)
from tests.chat_ui.test_answering import Reader, ask, attach, last_message, reader
from tests.support.pages import Element

__all__ = ["reader"]

JPEG = b"\xff\xd8\xff\xe0 "
SHOWN = b"\xff\xd8\xff\xe0 without its metadata"

# (text in it, name): a picture of the chat that has been read; its id.
Photograph = Callable[..., str]


@pytest.fixture
def photograph(browser: httpx.Client, chat: str, reader: Reader) -> Photograph:
    def take(text: str = "Closed on Mondays", name: str = "door.jpg") -> str:
        attach(browser, chat, name, JPEG)
        return reader.read(text, picture=SHOWN)

    return take


def post(browser: httpx.Client, chat: str, text: str, *pictures: str) -> httpx.Response:
    """Sends the form of the chat's page."""
    key = client_key(browser.get(chat).text)
    form = {"prompt": text, "client_key": key, "pictures": [*pictures]}
    return browser.post(generate(chat), data=form)


def boxes(page: str) -> dict[str, bool]:
    """The pictures that the form offers, and whether each is ticked."""
    found = parse(page).find_all("input", name="pictures")
    return {box.attributes["value"]: "checked" in box.attributes for box in found}


def shown(message: Element) -> list[tuple[str, str]]:
    """Where the pictures below a message lead, and what is said instead of them."""
    pictures = message.find(class_="pictures")
    found = pictures.find_all("img") if pictures else []
    return [(img.attributes["src"], img.attributes["alt"]) for img in found]


def told(message: Element) -> str:
    """How the model got them."""
    found = message.find("small", class_="saw")
    return found.text if found else ""


def question(page: str) -> Element:
    return list(parse(page).find_all("article", class_="message"))[-2]


def test_a_picture_goes_with_a_message_and_its_text_to_the_model(
    browser: httpx.Client,
    chat: str,
    reader: Reader,
    photograph: Photograph,
    model: ScriptedModel,
) -> None:
    attach(browser, chat, "notes.txt")
    reader.read("Not a picture.")
    picture = photograph()
    page = browser.get(chat).text
    assert boxes(page) == {}, "none is to be chosen where no model sees it"
    assert "Only the text in pictures is read." in page
    reply = ask(browser, chat, "What is this?", pictures=picture, mode="documents")
    sent = model.requests[-1]["messages"][-1]["content"]
    assert sent == 'From "door.jpg", page 1:\nClosed on Mondays\n\nWhat is this?'
    assert told(reply) == "The model got the text in door.jpg, not the picture."
    page = browser.get(chat).text
    assert shown(question(page)) == [(f"/documents/{picture}/picture", "door.jpg")]
    assert told(ask(browser, chat, "And the hours?", mode="free")) == (
        "The model got the text in the picture above, not the picture."
    )
    assert told(ask(browser, chat, "No pictures.", mode="exact")) == ""


def test_of_a_picture_without_text_the_model_gets_nothing(
    browser: httpx.Client, chat: str, photograph: Photograph, model: ScriptedModel
) -> None:
    both = [photograph("", "a.jpg"), photograph(" ", "b.jpg")]
    post(browser, chat, "What is this?", *both)
    reply = last_message(wait_until_final(browser, chat))
    assert told(reply) == "Nothing was read in a.jpg and b.jpg, so the model did not get them."
    assert "You can't see it" in model.requests[-1]["messages"][-1]["content"]


def test_a_deleted_picture_is_said_to_be_that(
    browser: httpx.Client, chat: str, photograph: Photograph
) -> None:
    picture = photograph()
    ask(browser, chat, "What is this?", pictures=picture)
    browser.post(f"/documents/{picture}/delete")
    page = browser.get(chat).text
    assert "Picture deleted" in question(page).text
    assert (
        told(last_message(page)) == "The model got the text in the picture above, not the picture."
    )
    assert "[Picture deleted]" in browser.get(f"{chat}/export.md").text


def test_an_export_names_pictures_and_says_how_the_model_got_them(
    browser: httpx.Client, chat: str, photograph: Photograph
) -> None:
    picture = photograph()
    ask(browser, chat, "What is this?", pictures=picture)
    written = json.loads(browser.get(f"{chat}/export.json").text)["messages"]
    assert written[1]["pictures"] == [{"document_id": picture, "name": "door.jpg"}]
    assert written[2]["reply"]["saw"] == "text"
    assert "\n[Picture: door.jpg]\n\nWhat is this?\n" in browser.get(f"{chat}/export.md").text


def test_the_prompt_s_page_shows_what_took_a_picture_s_place(
    browser: httpx.Client, chat: str, photograph: Photograph, db_api: DbApiServer
) -> None:
    picture = photograph()
    ask(browser, chat, "What is this?", pictures=picture)
    page = browser.get(f"{chat}/prompt").text
    assert "Closed on Mondays" in page
    assert "<img" not in page
    db_api.sql("UPDATE replies SET saw = 'picture' WHERE saw = 'text'")
    page = expect(browser.get(f"{chat}/prompt"), 200, "not counting pictures")
    (image,) = parse(page).find_all("img")
    assert image.attributes["src"] == f"/documents/{picture}/picture"
    assert "Closed on Mondays" not in page


def test_the_newest_pictures_are_offered_and_those_after_the_last_message_ticked() -> None:
    def document(number: int, kind: str = "jpeg", state: str = "complete") -> Document:
        at = datetime(2026, 1, number, tzinfo=UTC)
        return Document.model_construct(id=number, kind=kind, state=state, created_at=at)

    pictures = [document(1), document(2, "png"), document(5), document(6), document(7)]
    offered = offer_pictures([document(3, "pdf"), document(4, state="failed"), *pictures])
    assert offered == pictures[1:]
    last = Message.model_construct(created_at=document(5).created_at)
    assert tick_new(offered, last) == [each.id for each in pictures[3:]]
    assert tick_new(offered, None) == [each.id for each in offered]
