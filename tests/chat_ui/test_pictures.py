"""Pictures go with a message: by the page's form, shown below it, and told of below the reply."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from app.clients.document_types import ChatOfDocument, Document
from app.clients.types import Message
from app.views.documents import offer_pictures, tick_new

from tests.chat_ui.asking import Reader, ask, attach, last_message
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    client_key,
    expect,
    generate,
    parse,
    wait_until_final,
)
from tests.support.pages import Element

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
    assert "In pictures, only the text is read." in page
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
    assert told(reply) == "No text was found in a.jpg and b.jpg, so the model did not get them."
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
    chat = uuid4()

    def at(day: int) -> datetime:
        return datetime(2026, 1, day, tzinfo=UTC)

    def document(
        day: int, kind: str = "jpeg", state: str = "complete", added: int | None = None
    ) -> Document:
        """Uploaded on a day, perhaps into the library or another chat."""
        chats = [
            ChatOfDocument(id=uuid4(), added_at=at(20 - day)),
            ChatOfDocument(id=chat, added_at=at(added or day)),
        ]
        return Document.model_construct(
            id=day, kind=kind, state=state, created_at=at(day), chats=chats
        )

    others = [document(4, "pdf"), document(5, state="failed")]
    pictures = [document(2), document(3, "png"), document(6), document(7), document(1, added=8)]
    offered = offer_pictures([pictures[-1], *pictures[:-1], *others], chat)
    assert offered == pictures[1:]
    last = Message.model_construct(created_at=at(6))
    assert tick_new(offered, chat, last) == [each.id for each in pictures[3:]]
    assert tick_new(offered, chat, None) == [each.id for each in offered]
