"""When a service is loading, busy, broken or gone: nothing is lost, and the page says so."""

import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from starlette.responses import JSONResponse, PlainTextResponse

from local.ports import free_port
from tests.chat_ui.conftest import DbApiServer, Start, StartBriefly
from tests.support.person import (
    Event,
    client_key,
    events,
    generate,
    messages,
    open_chat,
    send,
    wait_for,
    wait_until_final,
)
from tests.support.scripted_model import ScriptedModel
from tests.support.serve import serve

LOADING = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}


def test_a_full_line_is_explained_and_the_text_and_its_key_stay(
    start_chat_ui: Start, busy_db_api: DbApiServer, model: ScriptedModel
) -> None:
    model.hold_after = 1
    url = start_chat_ui(db_api_url=busy_db_api.url)
    with httpx.Client(base_url=url, timeout=10) as browser:
        chat = open_chat(browser)
        send(browser, chat, "first")
        send(browser, chat, "second")
        response = send(browser, chat, "precious words", "kept")
        assert response.status_code == 429
        assert response.headers["retry-after"] == "5"
        assert "precious words</textarea>" in response.text
        assert client_key(response.text) == "kept"
        model.go.set()
        wait_until_final(browser, chat)
        assert send(browser, chat, "precious words", "kept").status_code == 303
        wait_until_final(browser, chat)


def test_a_loading_model_is_waited_for(browser: httpx.Client, model: ScriptedModel) -> None:
    model.answer = JSONResponse(LOADING, 503)
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    wait_for(browser, chat, "Waiting for the language model")
    model.answer = None
    assert messages(wait_until_final(browser, chat))[-1] == model.text


def test_a_model_server_that_is_gone_is_waited_for(start_chat_ui: Start) -> None:
    port = free_port()
    with httpx.Client(base_url=start_chat_ui(lm_api_url=f"http://127.0.0.1:{port}")) as browser:
        chat = open_chat(browser)
        send(browser, chat, "Hi")
        wait_for(browser, chat, "Waiting for the language model")
        model = ScriptedModel()
        with serve(model.app(), port):
            assert messages(wait_until_final(browser, chat))[-1] == model.text


def test_a_stream_that_breaks_is_continued_from_what_was_written(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.break_after = "one two three four five", 3
    chat = open_chat(browser)
    send(browser, chat, "Count")
    assert messages(wait_until_final(browser, chat))[-1] == model.text
    continued = model.requests[1]
    assert continued["messages"][-1] == {"role": "assistant", "content": "one two three"}
    assert continued["continue_final_message"] is True
    assert continued["add_generation_prompt"] is False


def test_a_prompt_the_model_can_not_hold_fails_with_both_sizes_and_stays(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.context = 40
    chat = open_chat(browser)
    send(browser, chat, "long, long ago")
    page = wait_until_final(browser, chat)
    assert "tokens, and it holds 40" in page
    assert "long, long ago" in messages(page)


@pytest.mark.parametrize("answer", [None, PlainTextResponse("oops", 500)])
def test_a_model_that_talks_garbage_is_given_up_after_three_attempts(
    browser: httpx.Client, model: ScriptedModel, answer: PlainTextResponse | None
) -> None:
    model.garbage, model.answer = True, answer
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    assert "broke off several times" in wait_until_final(browser, chat)
    assert len(model.requests) == 3


def test_a_request_the_model_refuses_fails_with_advice(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.answer = JSONResponse({"error": {"code": 400, "type": "invalid_request_error"}}, 400)
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    assert "refused this request" in wait_until_final(browser, chat)
    assert len(model.requests) == 1


def test_a_model_that_never_stops_is_stopped(start_chat_ui: Start, model: ScriptedModel) -> None:
    model.text, model.endless, model.pace = "on and", True, 0.001
    with httpx.Client(base_url=start_chat_ui(reply_tokens=20)) as browser:
        chat = open_chat(browser)
        send(browser, chat, "Hi")
        page = wait_until_final(browser, chat)
    assert len(messages(page)[-1].split("on")) == 11
    assert "Cut off" in page
    assert model.running == 0, "its slot is free again"


def test_a_reply_the_model_is_silent_on_holds_up_no_other(
    browser: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.silent_to, model.text, model.pace = "Quiet?", "one two three four five", 0.3
    silent, talking = open_chat(browser), open_chat(browser)
    send(browser, silent, "Quiet?")
    send(browser, talking, "Hi")
    told = [name for name, _ in events(browser, talking, since=2)]
    assert told.count("text") >= 3, "words came while the other one was silent"
    left = db_api.psql("SELECT max(lease_until) > now() + '9 s' FROM replies WHERE worker <> ''")
    assert left == "t", "its lease is renewed all the same"
    model.go.set()
    assert messages(wait_until_final(browser, silent))[-1] == model.text
    assert len(model.requests) == 2


def test_line_ends_that_only_unicode_knows_do_not_cut_the_stream(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.text = "one\u2028 two\u2029 three\x85 four\x0b five"
    chat = open_chat(browser)
    send(browser, chat, "Count")
    page = wait_until_final(browser, chat)
    assert "five" in messages(page)[-1]
    assert len(model.requests) == 1


def test_a_prompt_that_outgrew_the_model_is_shortened_and_the_page_says_from_where(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    for number in range(6):
        send(browser, chat, f"question {number} " + "x" * 100)
        wait_until_final(browser, chat)
    assert "remembers from here" not in browser.get(chat).text
    model.context = 500
    send(browser, chat, "and now?")
    page = wait_until_final(browser, chat)
    assert messages(page)[-1] == model.text
    refused, accepted = model.requests[-2:]
    assert len(accepted["messages"]) < len(refused["messages"])
    assert accepted["messages"][0] == refused["messages"][0], "the system prompt stays"
    assert accepted["messages"][1]["role"] == "user"
    start = accepted["messages"][1]["content"]
    assert page.index("remembers from here") < page.index(start)
    send(browser, chat, "again?")
    wait_until_final(browser, chat)
    again = model.requests[-1]["messages"]
    assert again[: len(accepted["messages"])] == accepted["messages"], "byte for byte"


def test_a_prompt_is_shortened_once_and_memory_is_kept_if_that_does_not_help(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    for number in range(4):
        send(browser, chat, f"question {number}")
        wait_until_final(browser, chat)
    model.context = 10
    send(browser, chat, "x" * 200)
    assert "more than the language model can read" in wait_until_final(browser, chat)
    model.context = None
    send(browser, chat, "short")
    page = wait_until_final(browser, chat)
    assert "remembers from here" not in page
    sent = [message["content"] for message in model.requests[-1]["messages"]]
    assert "question 0" in sent
    assert len(model.requests) == 7


def test_after_a_message_that_was_too_long_the_chat_goes_on_without_it(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    model.context = 10
    send(browser, chat, "far too long")
    wait_until_final(browser, chat)
    model.context = None
    send(browser, chat, "short")
    assert messages(wait_until_final(browser, chat))[-1] == model.text
    sent = [message["content"] for message in model.requests[-1]["messages"]]
    assert "far too long" not in sent


def test_what_can_not_be_stored_is_replaced_in_a_reply(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.text = "a\0b \ud800c"
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    assert messages(wait_until_final(browser, chat))[-1] == "a\ufffdb \ufffdc"


def test_a_reply_of_no_words_is_complete(browser: httpx.Client, model: ScriptedModel) -> None:
    model.text = ""
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    page = wait_until_final(browser, chat)
    assert messages(page)[-1] == ""
    model.text = "Now then."
    send(browser, chat, "Again")
    assert messages(wait_until_final(browser, chat))[-1] == "Now then."


@pytest.fixture
def busy_db_api(db_api: DbApiServer) -> Iterator[DbApiServer]:
    """Another copy of db-api, in whose line one reply may wait."""
    busy = replace(db_api, port=free_port(), process=None, settings={"QUEUE_LIMIT": "1"})
    busy.start()
    yield busy
    busy.kill()


@pytest.fixture
def stopped(browser: httpx.Client, db_api: DbApiServer) -> Iterator[str]:
    """A chat whose db-api has just gone; it is back afterwards."""
    chat = open_chat(browser)
    browser.get(chat)
    db_api.kill()
    yield chat
    if db_api.process and db_api.process.poll() is not None:
        db_api.start()


def test_without_db_api_a_page_says_so_and_comes_back(
    browser: httpx.Client, stopped: str, db_api: DbApiServer
) -> None:
    for path in ("/", stopped):
        response = browser.get(path)
        assert response.status_code == 503
        assert "retry-after" in response.headers
        assert '<meta http-equiv="refresh"' in response.text
    db_api.start()
    assert browser.get(stopped).status_code == 200


def test_without_db_api_nothing_is_acknowledged_and_the_text_can_be_sent_again(
    browser: httpx.Client, stopped: str, db_api: DbApiServer
) -> None:
    form = {"prompt": "precious words", "client_key": "kept"}
    response = browser.post(generate(stopped), data=form)
    assert response.status_code == 503
    assert "precious words</textarea>" in response.text
    assert '<meta http-equiv="refresh"' not in response.text, "it would throw the text away"
    assert client_key(response.text) == "kept"
    db_api.start()
    assert browser.post(generate(stopped), data=form).status_code == 303
    assert messages(wait_until_final(browser, stopped)).count("precious words") == 1


def test_a_script_is_told_too_and_its_form_is_left_alone(
    browser: httpx.Client, stopped: str
) -> None:
    headers = {"HX-Request": "true"}
    form = {"prompt": "Hi", "client_key": "k"}
    response = browser.post(generate(stopped), data=form, headers=headers)
    assert response.status_code == 503
    assert "<textarea" not in response.text
    assert 'id="notices"' in response.text


def test_a_reply_survives_an_outage_of_db_api(
    browser: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.text, model.hold_after = "one two three four", 2
    chat = open_chat(browser)
    send(browser, chat, "Count")
    wait_for(browser, chat, "one two")
    db_api.kill()
    model.go.set()
    time.sleep(1)
    db_api.start()
    assert messages(wait_until_final(browser, chat, 20))[-1] == model.text
    assert len(model.requests) == 1


def test_a_page_that_watches_hears_of_an_outage_and_of_its_end_before_the_reply_ends(
    browser: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.text, model.pace = " ".join(f"word{n}" for n in range(60)), 0.1
    chat = open_chat(browser)
    send(browser, chat, "Count")
    told: list[Event] = []
    for event in events(browser, chat, since=2):
        told.append(event)
        if len(told) == 3:
            db_api.kill()
            db_api.start()
    away = [data["away"] for name, data in told if name == "notice"]
    assert away == [True, False]
    back = told.index(("notice", {"away": False}))
    assert any(name == "text" for name, _ in told[back:]), "well before the end"


def test_a_runner_that_shuts_down_hands_its_reply_to_another(
    start_chat_ui: Start, start_briefly: StartBriefly, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three four", 2
    with start_briefly() as first, httpx.Client(base_url=first) as browser:
        cookies, chat = browser.cookies, open_chat(browser)
        send(browser, chat, "Count")
        wait_for(browser, chat, "one two")
    model.go.set()
    with httpx.Client(base_url=start_chat_ui(), cookies=cookies) as elsewhere:
        page = wait_until_final(elsewhere, chat, 6)  # sooner than its lease would run out
    assert messages(page)[-1] == model.text


def test_unforeseen_faults_are_a_page_without_internals(
    browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.routes import home

    async def explode(*_: object, **__: object) -> None:
        raise RuntimeError("secret internals")

    monkeypatch.setattr(home, "_home", explode)
    response = browser.get("/")
    assert response.status_code == 500
    assert "secret internals" not in response.text
    assert "Nothing you sent before is lost" in response.text
    assert response.headers["content-security-policy"]
