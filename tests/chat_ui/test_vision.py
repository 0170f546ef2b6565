"""Where a model that sees is there, it gets the pictures of a message, and nothing else gets them.
Whatever dies meanwhile, its reply is continued by it; where it is away, another has their text."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from tests.chat_ui.asking import Reader, ask, attach, last_message
from tests.chat_ui.support import (
    SCRIPT,
    DbApiServer,
    ModelServer,
    ScriptedModel,
    StartBriefly,
    StartDbApi,
    expect,
    new_browser,
    open_chat,
    serve,
    wait_for,
    wait_until,
    wait_until_final,
)
from tests.chat_ui.test_pictures import JPEG, SHOWN, Photograph, boxes, photograph, post, told

__all__ = ["photograph"]

DATA = f"data:image/jpeg;base64,{b64encode(SHOWN).decode()}"
SAW = "The model saw door.jpg."
GOT_TEXT = "The model got the text in door.jpg, not the picture."
TOO_LONG = {"error": {"code": 400, "type": "exceed_context_size_error", "message": "too long"}}


@pytest.fixture(scope="module")
def db_api(start_db_api: StartDbApi) -> DbApiServer:
    """Of these copies alone."""
    return start_db_api()


@pytest.fixture
def eyes() -> ScriptedModel:
    """The model that sees."""
    return ScriptedModel(text="one two three four")


@pytest.fixture
def settings(eyes: ScriptedModel, db_api: DbApiServer, secrets: Path) -> Iterator[dict[str, Any]]:
    """Of a chat-ui that knows of it."""
    server = ModelServer()
    server.app = eyes.app()
    with serve(server) as address:
        key = secrets / "vision" / "key"
        yield {"db_api_url": db_api.url, "vision_url": address, "vision_key_file": key}
        eyes.go.set()  # or the server would wait for it to end


@pytest.fixture
def url(
    settings: dict[str, Any], serve_chat_ui: StartBriefly, model: ScriptedModel
) -> Iterator[str]:
    with serve_chat_ui(**settings) as url:
        yield url


def contents(model: ScriptedModel) -> list[Any]:
    """What the model got of each message of its last prompt."""
    return [message["content"] for message in model.requests[-1]["messages"]]


def send(browser: httpx.Client, chat: str, picture: str) -> None:
    assert post(browser, chat, "What is this?", picture).status_code == 303


def begin(browser: httpx.Client, reader: Reader) -> tuple[str, str]:
    """A chat with a picture that has been read."""
    chat = open_chat(browser)
    attach(browser, chat, "door.jpg", JPEG)
    return chat, reader.read("Closed on Mondays", picture=SHOWN)


def reply(browser: httpx.Client, chat: str) -> str:
    """What is said of the last reply, once it has ended."""
    return told(last_message(wait_until_final(browser, chat)))


def test_the_model_that_sees_gets_the_bytes_of_the_shown_picture_and_no_address(
    browser: httpx.Client,
    chat: str,
    photograph: Photograph,
    eyes: ScriptedModel,
    model: ScriptedModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.replies.answer.RETRY_SECONDS", 600)  # nothing has to be tried again
    picture = photograph()
    assert boxes(browser.get(chat).text) == {picture: True}, "it came since the last message"
    send(browser, chat, picture)
    assert reply(browser, chat) == SAW
    assert contents(eyes)[-1] == [
        {"type": "image_url", "image_url": {"url": DATA}},
        {"type": "text", "text": 'Picture "door.jpg"\n\nWhat is this?'},
    ]
    assert model.requests == []
    assert boxes(browser.get(chat).text) == {picture: False}
    later = photograph(name="wall.jpg")
    assert boxes(browser.get(chat).text) == {picture: False, later: True}
    ask(browser, chat, "And its colour?", mode="free")
    assert contents(eyes)[2][0] == {"type": "image_url", "image_url": {"url": DATA}}
    ask(browser, chat, "Hello?", mode="exact")
    assert model.requests == []


def test_while_it_is_away_another_gets_the_text_and_afterwards_it_sees_again(
    browser: httpx.Client,
    chat: str,
    photograph: Photograph,
    eyes: ScriptedModel,
    model: ScriptedModel,
) -> None:
    picture = photograph()
    eyes.well.clear()
    send(browser, chat, picture)
    assert reply(browser, chat) == GOT_TEXT
    assert "Closed on Mondays" in contents(model)[-1]
    eyes.well.set()
    send(browser, chat, picture)
    assert reply(browser, chat) == SAW
    assert len(model.requests) == len(eyes.requests) == 1


def test_a_reply_whose_writer_dies_is_continued_by_the_same_model(
    chat: str,
    browser: httpx.Client,
    photograph: Photograph,
    eyes: ScriptedModel,
    model: ScriptedModel,
) -> None:
    """Its server broke off, and is away for a while."""
    eyes.break_after = 2
    send(browser, chat, photograph())
    wait_until(lambda: len(eyes.requests) == 2)
    assert reply(browser, chat) == SAW
    first, second = (request["messages"] for request in eyes.requests)
    assert second == [*first, {"role": "assistant", "content": "one two"}]
    assert model.requests == []


def test_another_copy_continues_with_the_same_picture(
    settings: dict[str, Any],
    serve_chat_ui: StartBriefly,
    model: ScriptedModel,
    eyes: ScriptedModel,
    db_api: DbApiServer,
    reader: Reader,
) -> None:
    eyes.hold_after = 2
    with serve_chat_ui(**settings) as url, new_browser(url) as browser:
        chat, picture = begin(browser, reader)
        send(browser, chat, picture)
        wait_for(browser, chat, "one two")
        cookies = browser.cookies
    eyes.go.set()
    with serve_chat_ui(**settings) as url, new_browser(url, cookies) as browser:
        assert reply(browser, chat) == SAW
    first, second = (request["messages"] for request in eyes.requests)
    assert second == [*first, {"role": "assistant", "content": "one two"}]


def test_a_copy_that_knows_no_model_that_sees_continues_from_the_text(
    settings: dict[str, Any],
    serve_chat_ui: StartBriefly,
    model: ScriptedModel,
    eyes: ScriptedModel,
    db_api: DbApiServer,
    reader: Reader,
) -> None:
    model.text, eyes.hold_after = eyes.text, 2
    with serve_chat_ui(**settings) as url, new_browser(url) as browser:
        chat, picture = begin(browser, reader)
        send(browser, chat, picture)
        wait_for(browser, chat, "one two")
        cookies = browser.cookies
    blind = settings | {"vision_url": ""}
    with serve_chat_ui(**blind) as url, new_browser(url, cookies) as browser:
        assert reply(browser, chat) == GOT_TEXT
    assert "Closed on Mondays" in contents(model)[-2]


@pytest.mark.parametrize("error", [TOO_LONG, {"error": {"type": "invalid_request_error"}}])
def test_a_picture_that_it_can_t_take_is_given_to_the_other_as_text(
    browser: httpx.Client,
    chat: str,
    photograph: Photograph,
    eyes: ScriptedModel,
    model: ScriptedModel,
    error: dict[str, Any],
) -> None:
    eyes.answer = JSONResponse(error, 400)
    send(browser, chat, photograph())
    assert reply(browser, chat) == GOT_TEXT
    assert "Closed on Mondays" in contents(model)[-1]


def test_the_four_newest_pictures_that_can_be_shown_are_offered(
    browser: httpx.Client, chat: str, photograph: Photograph, db_api: DbApiServer
) -> None:
    pictures = [photograph(name=f"{number}.jpg") for number in range(6)]
    db_api.sql(f"UPDATE documents SET state = 'failed' WHERE id = '{pictures[3]}'")
    offered = [pictures[n] for n in (1, 2, 4, 5)]
    assert list(boxes(browser.get(chat).text)) == offered
    fragment = browser.get(f"{chat}/documents", headers=SCRIPT).text
    assert list(boxes(fragment)) == offered


def test_of_the_pictures_a_script_shows_those_uploaded_just_now_are_ticked(
    browser: httpx.Client, chat: str, photograph: Photograph
) -> None:
    other, again = photograph(name="a.jpg"), photograph(name="b.jpg")
    post(browser, chat, "What is this?", again)
    wait_until_final(browser, chat)
    assert not any(boxes(browser.get(chat).text).values())
    files = {"files": ("b.jpg", JPEG + f"b.jpg {chat}".encode())}
    shown = browser.post(f"{chat}/documents", files=files, headers=SCRIPT).text
    assert boxes(shown) == {other: False, again: True}
    assert boxes(browser.get(chat).text) == {other: False, again: True}, "without scripts"


def test_what_is_ticked_stays_ticked_when_the_form_is_refused(
    browser: httpx.Client, chat: str, photograph: Photograph
) -> None:
    picture = photograph()
    page = expect(post(browser, chat, " ", picture), 422, "Write a message first")
    assert boxes(page) == {picture: True}
    expect(post(browser, chat, "Hi", "odd"), 422)
    other = open_chat(browser)
    refused = post(browser, other, "Hi", picture)
    expect(refused, 422, "is no longer in this chat", kept="Hi")
