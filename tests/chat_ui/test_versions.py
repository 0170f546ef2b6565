"""Messages have versions: edited, regenerated, continued; nothing that was there is lost."""

from typing import cast
from unittest.mock import Mock
from uuid import uuid4

import httpx
import pytest
from app.clients.types import Message, Reply, State
from app.views.messages import MessageView
from markupsafe import Markup

from tests.chat_ui.support import (
    SCRIPT,
    DbApiServer,
    ScriptedModel,
    articles,
    ask,
    edit,
    events,
    expect,
    generate,
    hidden_field,
    message_ids,
    messages,
    wait_until_final,
)


@pytest.fixture
def question(browser: httpx.Client, chat: str) -> str:
    """The id of a message that was answered."""
    return message_ids(ask(browser, chat, "first"))[1]


def again(browser: httpx.Client, chat: str, reply: str, key: str = "k") -> httpx.Response:
    return browser.post(f"{chat}/replies/{reply}/again", data={"key": key})


def test_an_edited_message_is_answered_and_the_first_version_stays(
    browser: httpx.Client, chat: str, question: str, model: ScriptedModel
) -> None:
    reply = message_ids(browser.get(chat).text)[-1]
    assert [name for name, _ in events(browser, chat, since=3, last=reply)] == ["end"]
    model.text = "A cat is an animal."
    expect(browser.get(chat, params={"edit": question}), 200, kept="first")
    expect(edit(browser, chat, question, "What is a cat?"), 303)
    page = wait_until_final(browser, chat)
    assert messages(page)[1:] == ["What is a cat?", "A cat is an animal."]
    assert "2/2" in page
    assert "first" not in [message["content"] for message in model.requests[-1]["messages"]]
    for since in (3, 9):
        name, _ = next(events(browser, chat, since=since, last=reply))
        assert name == "moved", "to who still shows the first one"
    page = expect(browser.get(chat, params={"at": question}), 200, "another version")
    assert "first" in messages(page), "a link leads to any version"
    assert 'name="prompt"' not in page, "one writes where the chat continues"
    assert "first" not in messages(browser.get(chat).text), "looking changes nothing"
    expect(browser.post(f"{chat}/head", data={"message": question}), 303)
    page = expect(browser.get(chat), 200, "1/2")
    assert messages(page)[1:] == ["first", "A scripted reply."]


def test_one_s_own_messages_are_edited_and_no_reply(
    browser: httpx.Client, chat: str, question: str
) -> None:
    _, _, reply, second, _ = message_ids(ask(browser, chat, "second"))
    for edited, text in ((question, "first"), (second, "second"), (reply, None)):
        page = expect(browser.get(chat, params={"edit": edited}), 200, kept=text)
        assert hidden_field(page, "replaces") == (edited if text else None)


def test_a_reply_is_regenerated_once_however_often_the_button_is_pressed(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    first = message_ids(ask(browser, chat, "Hi"))[-1]
    model.text = "Another one."
    for _ in range(2):
        expect(again(browser, chat, first), 303)
    page = wait_until_final(browser, chat)
    assert messages(page)[-1] == "Another one."
    assert "2/2" in page
    assert len(model.requests) == 2
    expect(again(browser, chat, message_ids(page)[-1], ""), 303)
    assert "3/3" in wait_until_final(browser, chat)


def test_a_stopped_reply_is_continued_from_its_last_word(
    browser: httpx.Client, chat: str, model: ScriptedModel, half_written: str
) -> None:
    assert "Continue</button>" not in half_written
    reply = message_ids(half_written)[-1]
    expect(again(browser, chat, reply), 409, "still being written")
    browser.post(f"{chat}/replies/{reply}/stop")
    assert "Continue</button>" in wait_until_final(browser, chat)
    model.go.set()
    for key, status, words in (("k", 303, ""), ("l", 409, "nothing to continue")):
        expect(browser.post(f"{chat}/replies/{reply}/continue", data={"key": key}), status, words)
        page = wait_until_final(browser, chat)
        assert messages(page)[-1] == "one two three four"
        reply = message_ids(page)[-1]
    assert model.requests[-1]["messages"][-1] == {"role": "assistant", "content": "one two"}


def test_a_script_gets_the_branch_from_the_version_it_chose(
    browser: httpx.Client, chat: str, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(browser, chat, question, "second")
    second = message_ids(wait_until_final(browser, chat))[1]
    form, address = {"message": question}, f"{chat}/head"
    branch = browser.post(address, data=form, headers=SCRIPT).text
    assert messages(branch) == ["first", "A scripted reply."]
    assert hidden_field(branch, "seen") == message_ids(branch)[-1]
    assert hidden_field(branch, "client_key") is None, "what was typed may be on its way"
    assert message_ids(branch) == message_ids(browser.get(chat).text)[1:]
    monkeypatch.setattr("app.routes.messages.MOST_REPLACED", 1)
    far = browser.post(address, data={"message": second}, headers=SCRIPT)
    assert far.headers["hx-redirect"] == f"{chat}?at={second}#m-{second}"


def test_continue_and_regenerate_are_offered_at_the_end_of_the_branch_shown(
    browser: httpx.Client, chat: str, half_written: str, model: ScriptedModel
) -> None:
    reply = message_ids(half_written)[-1]
    browser.post(f"{chat}/replies/{reply}/stop")
    wait_until_final(browser, chat)
    model.hold_after = None
    page = ask(browser, chat, "And then?")
    assert "one two" in messages(page)
    assert "Continue</button>" not in page
    assert page.count('/again"') == 2, "as an action, and for scripts"
    again = browser.post(f"{chat}/replies/{reply}/again", data={"key": "k"}, headers=SCRIPT).text
    assert [article.parent for article in articles(again)] == [message_ids(page)[1]]


@pytest.mark.parametrize(
    ("state", "error", "content", "ends", "offered"),
    [
        (None, None, "Hi", True, False),
        ("complete", None, "All.", True, False),
        ("complete", "reply-limit", "Cut", True, True),
        ("complete", "unknown", "All.", True, False),
        ("stopped", None, "Half", True, True),
        ("failed", "model-broke", "Half", True, True),
        ("stopped", None, "", True, False),
        ("stopped", None, "Half", False, False),
    ],
)
def test_what_ends_in_the_middle_can_be_continued_at_the_end_of_the_branch(
    state: State | None, error: str | None, content: str, ends: bool, offered: bool
) -> None:
    why = error and {"kind": error, "size": None, "limit": None, "detail": None}
    reply = state and Reply.model_validate({"id": uuid4(), "state": state, "error": why})
    view = MessageView(cast("Message", Mock(content=content, reply=reply)), Markup(), ends=ends)
    assert view.can_continue is offered


def test_a_message_is_there_as_it_was_written_until_it_is_deleted_with_what_is_below(
    browser: httpx.Client, chat: str, question: str
) -> None:
    second = f"{chat}/messages/{message_ids(ask(browser, chat, '**bold** <b>'))[3]}"
    expect(browser.get(second), 200, "**bold** &lt;b&gt;", "Delete permanently")
    plain = browser.get(second, headers={"Accept": "text/plain"})
    assert expect(plain, 200) == "**bold** <b>"
    assert plain.headers["content-type"].startswith("text/plain")
    expect(browser.post(f"{second}/delete"), 303)
    above = ["first", "A scripted reply."]
    assert messages(browser.get(chat).text)[1:] == above
    assert messages(ask(browser, chat, "third"))[1:] == [*above, "third", "A scripted reply."]


def test_an_edit_that_is_not_stored_keeps_its_text(
    browser: httpx.Client, chat: str, question: str, newcomer: httpx.Client, db_api: DbApiServer
) -> None:
    text, address = "precious words", generate(chat)
    form = {"prompt": text, "client_key": "k", "replaces": question}
    expect(newcomer.post(address, data=form), 404, kept=text)
    db_api.kill()
    away = browser.post(address, data=form)
    db_api.start()
    long = browser.post(address, data=form | {"prompt": "x" * 40_000})
    for page in (expect(away, 503, kept=text), expect(long, 413, kept="x" * 40_000)):
        assert hidden_field(page, "replaces") == question, "it is sent again as an edit"
    browser.post(f"{chat}/delete")
    expect(browser.post(address, data=form), 404, kept=text)


def test_a_form_below_a_branch_that_was_left_is_shown_again_below_the_new_one(
    browser: httpx.Client, chat: str, question: str
) -> None:
    seen = hidden_field(browser.get(chat).text, "seen") or ""
    edit(browser, chat, question, "second")
    wait_until_final(browser, chat)
    form = {"prompt": "precious words", "client_key": "k", "seen": seen}
    words, address = "changed in another tab", generate(chat)
    script = expect(browser.post(address, data=form, headers=SCRIPT), 409, words)
    page = expect(browser.post(address, data=form), 409, words, kept="precious words")
    assert "second" in messages(page)
    form["seen"] = hidden_field(page, "seen") or ""
    assert form["seen"] == hidden_field(script, "seen"), "a script learns it, too"
    sent = browser.post(address, data=form, headers=SCRIPT).text
    assert hidden_field(sent, "seen") == message_ids(sent)[-1]
    assert messages(wait_until_final(browser, chat))[1::2] == ["second", "precious words"]
