"""When the language model is loading, broken, refusing or endless: nothing is lost, and the page
says so."""

import httpx
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.chat_ui.conftest import DbApiServer
from tests.support.person import ask, events, messages, open_chat, send, wait_for, wait_until_final
from tests.support.scripted_model import ScriptedModel
from tests.support.waiting import wait_until

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
    wait_for(browser, chat, "Waiting for the language model")
    model.answer = None
    assert messages(wait_until_final(browser, chat))[-1] == model.text


def test_a_stream_that_breaks_is_continued_from_what_was_written(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    model.text, model.break_after = "one two three four five", 3
    assert messages(ask(browser, chat, "Count"))[-1] == model.text
    continued = model.requests[1]
    assert continued["messages"][-1] == {"role": "assistant", "content": "one two three"}
    assert continued["continue_final_message"] is True
    assert continued["add_generation_prompt"] is False


@pytest.mark.parametrize(
    ("garbage", "answer", "words", "attempts"),
    [
        (True, None, "broke off several times", 3),
        (False, PlainTextResponse("oops", 500), "broke off several times", 3),
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


@pytest.mark.parametrize("endless", [True, False])
def test_a_reply_at_its_longest_is_cut_even_if_the_model_does_not_stop(
    browser: httpx.Client, chat: str, model: ScriptedModel, endless: bool
) -> None:
    model.text, model.endless, model.pace = "one two three four five", endless, 0.001
    form = {"title": "", "system_prompt": "", "reply_tokens": "3"}
    browser.post(f"{chat}/settings", data=form)
    page = ask(browser, chat, "Count")
    assert messages(page)[-1] == "one two three"
    assert "Cut off" in page
    assert "Continue</button>" in page
    wait_until(lambda: model.running == 0)


def test_a_reply_the_model_is_silent_on_holds_up_no_other(
    browser: httpx.Client, chat: str, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.silent_to, model.text, model.pace = "Quiet?", "one two three four five", 0.2
    silent = open_chat(browser)
    send(browser, silent, "Quiet?")
    lease = f"SELECT lease_until FROM replies WHERE chat_id = '{silent.removeprefix('/chats/')}'"
    first = db_api.sql(lease)
    send(browser, chat, "Hi")
    told = [name for name, _ in events(browser, chat, since=2)]
    assert told.count("text") >= 2, "words came while the other one was silent"
    wait_until(lambda: db_api.sql(lease) > first)
    model.go.set()
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


def test_a_message_the_model_can_not_hold_fails_with_both_sizes_and_the_chat_continues_without_it(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    """The prompt is shortened once; what the model remembers stays if that does not help."""
    for number in range(4):
        ask(browser, chat, f"question {number}")
    model.context, long = 10, "x" * 200
    page = ask(browser, chat, long)
    assert "more than the language model can read" in page
    assert "tokens, and it holds 10" in page
    assert long in messages(page)
    model.context = None
    assert "remembers from here" not in ask(browser, chat, "short")
    sent = [message["content"] for message in model.requests[-1]["messages"]]
    assert "question 0" in sent
    assert long not in sent
    assert len(model.requests) == 7
