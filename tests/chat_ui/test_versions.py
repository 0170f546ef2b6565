"""Messages have versions: edited, regenerated, continued; nothing that was there is lost."""

import httpx
import pytest

from tests.chat_ui.conftest import SCRIPT, DbApiServer, expect
from tests.support.pages import hidden_field
from tests.support.person import (
    ask,
    edit,
    events,
    generate,
    message_ids,
    messages,
    send,
    wait_for,
    wait_until_final,
)
from tests.support.scripted_model import ScriptedModel


@pytest.fixture
def question(browser: httpx.Client, chat: str) -> str:
    """The id of a message that was answered."""
    return message_ids(ask(browser, chat, "first"))[1]


def again(browser: httpx.Client, chat: str, reply: str, key: str = "k") -> httpx.Response:
    return browser.post(f"{chat}/replies/{reply}/again", data={"key": key})


def test_an_edited_message_is_answered_and_the_first_version_stays(
    browser: httpx.Client, chat: str, question: str, model: ScriptedModel
) -> None:
    model.text = "A cat is an animal."
    expect(browser.get(chat, params={"edit": question}), 200, kept="first")
    expect(edit(browser, chat, question, "What is a cat?"), 303)
    page = wait_until_final(browser, chat)
    assert messages(page)[1:] == ["What is a cat?", "A cat is an animal."]
    assert "2/2" in page
    assert "first" not in [message["content"] for message in model.requests[-1]["messages"]]
    expect(browser.post(f"{chat}/head", data={"message": question}), 303)
    page = expect(browser.get(chat), 200, "1/2")
    assert messages(page)[1:] == ["first", "A scripted reply."]


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


def test_a_reply_that_is_still_written_can_not_be_regenerated(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    model.hold_after = 1
    send(browser, chat, "Hi")
    reply = message_ids(wait_for(browser, chat, "A"))[-1]
    expect(again(browser, chat, reply), 409, "still being written")


def test_a_stopped_reply_is_continued_from_its_last_word(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three four", 2
    send(browser, chat, "Count")
    page = wait_for(browser, chat, "one two")
    assert "Continue</button>" not in page
    reply = message_ids(page)[-1]
    browser.post(f"{chat}/replies/{reply}/stop")
    assert "Continue</button>" in wait_until_final(browser, chat)
    model.go.set()
    for key, status, words in (("k", 303, ""), ("l", 409, "nothing to continue")):
        done = browser.post(f"{chat}/replies/{reply}/continue", data={"key": key})
        expect(done, status, words)
        page = wait_until_final(browser, chat)
        assert messages(page)[-1] == "one two three four"
        reply = message_ids(page)[-1]
    assert model.requests[-1]["messages"][-1] == {"role": "assistant", "content": "one two"}


def test_delete_from_here_on_leaves_what_stands_above(browser: httpx.Client, chat: str) -> None:
    ask(browser, chat, "first")
    second = message_ids(ask(browser, chat, "second"))[3]
    expect(browser.get(f"{chat}/messages/{second}"), 200, "Delete for good")
    expect(browser.post(f"{chat}/messages/{second}/delete"), 303)
    assert messages(browser.get(chat).text)[1:] == ["first", "A scripted reply."]
    assert messages(ask(browser, chat, "third"))[3:] == ["third", "A scripted reply."]


def test_a_link_leads_to_a_message_on_any_branch(
    browser: httpx.Client, chat: str, question: str
) -> None:
    edit(browser, chat, question, "second")
    page = expect(browser.get(chat, params={"at": question}), 200, "another version")
    assert "first" in messages(page)
    assert 'name="prompt"' not in page, "one writes where the chat continues"
    assert "second" in messages(browser.get(chat).text), "looking changes nothing"


def test_a_message_is_there_as_it_was_written(browser: httpx.Client, chat: str) -> None:
    address = f"{chat}/messages/{message_ids(ask(browser, chat, '**bold** <b>'))[1]}"
    expect(browser.get(address), 200, "**bold** &lt;b&gt;")
    plain = browser.get(address, headers={"Accept": "text/plain"})
    assert plain.text == "**bold** <b>"
    assert plain.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "path", ["messages/{0}/delete", "replies/{0}/again", "replies/{0}/continue", "head"]
)
def test_a_stranger_finds_none_of_it(
    browser: httpx.Client, chat: str, question: str, stranger: httpx.Client, path: str
) -> None:
    form = {"message": question}
    expect(stranger.post(f"{chat}/{path.format(question)}", data=form), 404)
    expect(stranger.get(f"{chat}/messages/{question}"), 404)
    assert "first" in messages(browser.get(chat).text)


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


def test_a_page_that_shows_another_branch_is_told_to_load_anew(
    browser: httpx.Client, chat: str
) -> None:
    _, question, reply = message_ids(ask(browser, chat, "first"))
    assert [name for name, _ in events(browser, chat, since=3, last=reply)] == ["end"]
    edit(browser, chat, question, "second")
    wait_until_final(browser, chat)
    for since in (3, 9):
        assert next(events(browser, chat, since=since, last=reply))[0] == "moved"


def test_a_form_below_a_branch_that_was_left_is_shown_again_below_the_new_one(
    browser: httpx.Client, chat: str, question: str
) -> None:
    seen = hidden_field(browser.get(chat).text, "seen") or ""
    edit(browser, chat, question, "second")
    wait_until_final(browser, chat)
    form = {"prompt": "precious words", "client_key": "k", "seen": seen}
    words, address = "goes on from another message now", generate(chat)
    script = expect(browser.post(address, data=form, headers=SCRIPT), 409, words)
    page = expect(browser.post(address, data=form), 409, words, kept="precious words")
    assert "second" in messages(page)
    form["seen"] = hidden_field(page, "seen") or ""
    assert form["seen"] == hidden_field(script, "seen"), "a script learns it, too"
    sent = browser.post(address, data=form, headers=SCRIPT).text
    assert hidden_field(sent, "seen") == message_ids(sent)[-1]
    assert messages(wait_until_final(browser, chat))[1::2] == ["second", "precious words"]
