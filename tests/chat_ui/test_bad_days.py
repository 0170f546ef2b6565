"""When a service is loading, busy, broken or gone: nothing is lost, and the page says so."""

import time
from collections.abc import Iterator
from typing import cast
from unittest.mock import AsyncMock, Mock

import httpx
import pytest
from app.clients.base import DbApi
from app.clients.limits import KEPT_SECONDS, LimitsClient
from app.clients.types import Limits
from app.errors import Unavailable
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.chat_ui.support import (
    SCRIPT,
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    ask,
    client_key,
    events,
    expect,
    form_action,
    generate,
    messages,
    new_browser,
    open_chat,
    replace_within,
    send,
    wait_for,
    wait_until,
    wait_until_final,
)

LOADING = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
WRONG_KEY = {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}}
REFUSED = {"error": {"code": 400, "type": "invalid_request_error"}}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A runner that does not wait between its attempts."""
    monkeypatch.setattr("app.replies.generation.BROKEN_SECONDS", 0)


@pytest.mark.parametrize("answer", [JSONResponse(LOADING, 503), JSONResponse(WRONG_KEY, 401)])
def test_a_model_that_is_loading_or_locked_is_waited_for(
    browser: httpx.Client, chat: str, model: ScriptedModel, answer: Response
) -> None:
    model.answer = answer
    send(browser, chat, "Hi")
    wait_for(browser, chat, "Waiting for the model")
    model.answer = None
    assert messages(wait_until_final(browser, chat))[-1] == model.text


def test_a_stream_that_breaks_is_continued_from_what_was_written(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    model.text, model.break_after = "one two three four five", 3
    assert messages(ask(browser, chat, "Count"))[-1] == model.text
    continued = model.requests[1]
    assert continued["messages"][-1] == {"role": "assistant", "content": "one two three"}
    assert (continued["continue_final_message"], continued["add_generation_prompt"]) == (
        True,
        False,
    )


@pytest.mark.parametrize(
    ("garbage", "answer", "words", "attempts"),
    [
        (True, None, "failed several times", 3),
        (False, PlainTextResponse("oops", 500), "failed several times", 3),
        (False, JSONResponse(REFUSED, 400), "refused this request", 1),
    ],
)
def test_a_model_that_makes_no_sense_is_given_up_with_advice(
    browser: httpx.Client,
    chat: str,
    model: ScriptedModel,
    garbage: bool,
    answer: Response | None,
    words: str,
    attempts: int,
) -> None:
    model.garbage, model.answer = garbage, answer
    assert words in ask(browser, chat, "Hi")
    assert len(model.requests) == attempts


def test_a_message_that_brings_the_model_s_server_down_is_set_aside_and_others_are_answered(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    model.deadly = "Die"
    send(browser, chat, model.deadly)
    assert messages(ask(browser, open_chat(browser), "Hi"))[-1] == model.text
    assert "crashed each time" in wait_until_final(browser, chat)
    asked = [request["messages"][-1]["content"] for request in model.requests]
    assert asked.count(model.deadly) == 4


@pytest.mark.parametrize("endless", [True, False])
def test_a_reply_at_its_longest_is_cut_even_if_the_model_does_not_stop(
    browser: httpx.Client, chat: str, model: ScriptedModel, endless: bool
) -> None:
    model.text, model.endless, model.pace = "one two three four five", endless, 0.001
    browser.post(f"{chat}/settings", data={"title": "", "system_prompt": "", "reply_tokens": "3"})
    ask(browser, chat, "Count")
    page = expect(browser.get(chat), 200, "Reply length limit reached.", "Continue</button>")
    assert messages(page)[-1] == "one two three"
    wait_until(lambda: model.running == 0)


def test_a_reply_the_model_is_silent_on_holds_up_no_other(
    browser: httpx.Client, chat: str, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.silent_to, model.text, model.hold_after = "Quiet?", "one two three", 2
    silent = open_chat(browser)
    send(browser, silent, "Quiet?")
    lease = f"SELECT lease_until FROM replies WHERE chat_id = '{silent.removeprefix('/chats/')}'"
    send(browser, chat, "Hi")
    wait_for(browser, chat, "one two")  # words come while the other one is silent
    model.go.set()
    assert messages(wait_until_final(browser, chat))[-1] == model.text
    leases: dict[object, None] = {}
    wait_until(lambda: leases.setdefault(db_api.sql(lease)) or len(leases) > 3)
    model.speak.set()
    assert messages(wait_until_final(browser, silent))[-1] == model.text
    assert len(model.requests) == 2


@pytest.mark.parametrize("text", ["", "a\0b \ud800c", "a\u2028 b\u2029 c\x85 d\x0b e"])
def test_odd_characters_or_none_neither_cut_the_stream_nor_break_the_database(
    browser: httpx.Client, chat: str, model: ScriptedModel, text: str
) -> None:
    model.text = text
    stored = text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert messages(ask(browser, chat, "Count"))[-1] == stored
    assert messages(ask(browser, chat, "Again"))[-1] == stored
    assert len(model.requests) == 2


def test_a_prompt_that_outgrew_the_model_is_shortened_and_the_page_says_from_where(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    for number in range(6):
        page = ask(browser, chat, f"question {number} " + "x" * 100)
    assert "remembers from here" not in page
    model.context = 500
    page = ask(browser, chat, "and now?")
    assert messages(page)[-1] == model.text
    refused, accepted = (request["messages"] for request in model.requests[-2:])
    assert len(accepted) < len(refused)
    assert accepted[0] == refused[0], "the system prompt stays"
    assert accepted[1]["role"] == "user"
    assert page.index("remembers from here") < page.index(accepted[1]["content"])
    ask(browser, chat, "again?")
    assert model.requests[-1]["messages"][: len(accepted)] == accepted, "byte for byte"


def test_a_message_the_model_can_not_hold_is_to_be_shortened_and_the_chat_continues_without_it(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    """The prompt is shortened once; what the model remembers stays if that does not help."""
    for number in range(4):
        ask(browser, chat, f"question {number}")
    model.context, long = 10, "x" * 200
    ask(browser, chat, long)
    told = "Too long for the model. Edit your message and shorten it by about "
    assert long in messages(expect(browser.get(chat), 200, told))
    model.context = None
    assert "remembers from here" not in ask(browser, chat, "short")
    sent = [message["content"] for message in model.requests[-1]["messages"]]
    assert ("question 0" in sent, long in sent) == (True, False)
    assert len(model.requests) == 7


FORM = {"prompt": "precious words", "client_key": "kept"}
REFRESH = '<meta http-equiv="refresh"'


@pytest.fixture
def stopped(browser: httpx.Client, chat: str, db_api: DbApiServer) -> Iterator[DbApiServer]:
    """A db-api that has just gone; it is back afterwards."""
    browser.get(chat)
    db_api.kill()
    yield db_api
    db_api.start()


def test_without_db_api_a_page_says_so_and_nothing_is_acknowledged_but_the_text_is_kept(
    browser: httpx.Client, chat: str, address: str, stopped: DbApiServer
) -> None:
    for path in ("/", "/chats", chat, f"{chat}/settings", "/ready"):
        response = browser.get(path)
        expect(response, 503, REFRESH)
        assert response.headers["retry-after"]
    expect(browser.get("/health"), 200)
    page = expect(browser.post(address, data=FORM), 503, kept="precious words")
    assert form_action(page, address) == address
    assert REFRESH not in page, "it would throw the text away"
    assert client_key(page) == "kept"
    script = browser.post(address, data=FORM, headers=SCRIPT)
    told = expect(script, 503, 'id="notices"', "Your message was not sent")
    assert "<textarea" not in told, "its form is left alone"
    stopped.start()
    assert browser.get("/ready").json() == {"status": "ok"}
    sent = [browser.post(address, data=FORM).headers["location"] for _ in range(2)]
    assert messages(browser.get(sent[0]).text).count("precious words") == 1
    assert sent[0] == sent[1]


@pytest.mark.usefixtures("stopped")
def test_without_db_api_any_other_form_says_that_a_reload_sends_it_again(
    browser: httpx.Client, chat: str
) -> None:
    upload = {"files": {"files": ("a.txt", b"words")}, "data": {"prompt": "precious words"}}
    for path, form in ((f"{chat}/documents", upload), (f"{chat}/rename", {"data": {"title": "x"}})):
        page = expect(browser.post(path, **form), 503, "reload this page")
        assert REFRESH not in page
        script = browser.post(path, **form, headers=SCRIPT)
        assert "reload" not in expect(script, 503, "Try again in a moment"), "its form is there"


def test_a_copy_that_never_heard_of_the_limits_asks_for_a_name_and_keeps_a_long_text(
    serve_chat_ui: StartBriefly, browser: httpx.Client, chat: str, stopped: DbApiServer
) -> None:
    text = "x" * 200_000  # far more than db-api's limit
    with serve_chat_ui(db_api_url=stopped.url) as url, new_browser(url) as newcomer:
        expect(newcomer.get("/"), 200, 'name="username"')
        expect(newcomer.get("/settings"), 200, 'name="name"')
        newcomer.cookies.update(browser.cookies)
        expect(newcomer.post(generate(chat), data=FORM | {"prompt": text}), 503, kept=text)


@pytest.mark.anyio
async def test_limits_are_asked_for_once_and_the_last_ones_known_outlast_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = [Limits.model_construct(message_bytes=limit) for limit in (5, 6)]
    call, clock = AsyncMock(side_effect=[Unavailable, told[0], Unavailable, told[1]]), Mock()
    replace_within(monkeypatch, "app.clients.limits", time, monotonic=clock)
    limits = LimitsClient(cast("DbApi", Mock(call=call)))
    clock.return_value = -KEPT_SECONDS
    with pytest.raises(Unavailable):
        await limits.get()
    for moment, known, asked in ((0, 5, 2), (1, 5, 2), (301, 5, 3), (302, 5, 3), (600, 6, 4)):
        clock.return_value = moment * KEPT_SECONDS / 300
        assert ((await limits.get()).message_bytes, call.call_count) == (known, asked)


@pytest.mark.usefixtures("half_written")
def test_a_reply_survives_an_outage_of_db_api(
    browser: httpx.Client, chat: str, model: ScriptedModel, db_api: DbApiServer
) -> None:
    db_api.kill()
    model.go.set()
    wait_until(lambda: model.running == 0)
    db_api.start()
    assert messages(wait_until_final(browser, chat))[-1] == model.text
    assert len(model.requests) == 1


def test_a_page_that_watches_hears_of_an_outage_and_of_its_end_before_the_reply_ends(
    browser: httpx.Client, chat: str, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.text, model.pace, model.hold_after = "word " * 60, 0.02, 55
    send(browser, chat, "Count")
    told = []
    for event in events(browser, chat, since=2):
        told.append(event)
        if len(told) == 1:
            db_api.kill()
        elif event == ("notice", {"away": True}):
            db_api.start()
        elif event == ("notice", {"away": False}):
            model.go.set()
    assert [data["away"] for name, data in told if name == "notice"] == [True, False]
    assert told[-1][0] == "end"


def test_unforeseen_faults_are_a_page_without_internals(
    newcomer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.routes.home._welcome", "secret internals")
    response = newcomer.get("/")
    page = expect(response, 500, "Nothing you sent before is lost")
    assert [words for words in ("secret internals", "not callable") if words in page] == []
    assert response.headers["content-security-policy"]
