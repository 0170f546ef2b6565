"""Messages have versions: edited, written anew, continued; nothing that was there is lost."""

import httpx
import pytest

from tests.chat_ui.conftest import DbApiServer
from tests.support.person import (
    ask,
    client_key,
    edit,
    generate,
    message_ids,
    messages,
    open_chat,
    send,
    wait_for,
    wait_until_final,
)
from tests.support.scripted_model import ScriptedModel


def again(browser: httpx.Client, chat: str, reply: str, key: str = "k") -> httpx.Response:
    return browser.post(f"{chat}/replies/{reply}/again", data={"key": key})


def test_an_edited_message_is_answered_and_the_first_version_stays(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    _, question, _ = message_ids(ask(browser, chat, "What is a dog?"))
    model.text = "A cat is an animal."
    form = browser.get(chat, params={"edit": question}).text
    assert "What is a dog?</textarea>" in form
    assert edit(browser, chat, question, "What is a cat?").status_code == 303
    page = wait_until_final(browser, chat)
    assert messages(page)[1:] == ["What is a cat?", "A cat is an animal."]
    assert "2/2" in page
    assert [m["content"] for m in model.requests[-1]["messages"]].count("What is a dog?") == 0

    assert browser.post(f"{chat}/head", data={"message": question}).status_code == 303
    page = browser.get(chat).text
    assert messages(page)[1:] == ["What is a dog?", "A scripted reply."]
    assert "1/2" in page


def test_a_reply_is_written_anew_once_however_often_the_button_is_pressed(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    first = message_ids(ask(browser, chat, "Hi"))[-1]
    model.text = "Another one."
    for _ in range(2):
        assert again(browser, chat, first).status_code == 303
    page = wait_until_final(browser, chat)
    assert messages(page)[-1] == "Another one."
    assert "2/2" in page
    assert len(model.requests) == 2
    model.text = "A third."
    second = message_ids(page)[-1]
    assert again(browser, chat, second, "another").status_code == 303
    assert "3/3" in wait_until_final(browser, chat)


def test_a_reply_that_is_still_written_can_not_be_written_anew(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 1
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    reply = message_ids(wait_for(browser, chat, "A"))[-1]
    refused = again(browser, chat, reply)
    assert refused.status_code == 409
    assert "still being written" in refused.text


def test_a_stopped_reply_is_continued_from_its_last_word(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three four", 2
    chat = open_chat(browser)
    send(browser, chat, "Count")
    page = wait_for(browser, chat, "one two")
    assert "Continue</button>" not in page
    reply = message_ids(page)[-1]
    browser.post(f"{chat}/replies/{reply}/stop")
    assert "Continue</button>" in wait_until_final(browser, chat)
    model.go.set()
    done = browser.post(f"{chat}/replies/{reply}/continue", data={"key": "k"})
    assert done.status_code == 303
    page = wait_until_final(browser, chat)
    assert messages(page)[-1] == "one two three four"
    assert model.requests[-1]["messages"][-1] == {"role": "assistant", "content": "one two"}
    newest = message_ids(page)[-1]
    refused = browser.post(f"{chat}/replies/{newest}/continue", data={"key": "l"})
    assert refused.status_code == 409
    assert "nothing to continue" in refused.text


def test_delete_from_here_on_leaves_what_stands_above(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    ask(browser, chat, "first")
    page = ask(browser, chat, "second")
    second = message_ids(page)[3]
    details = browser.get(f"{chat}/messages/{second}").text
    assert "Delete for good" in details
    assert browser.post(f"{chat}/messages/{second}/delete").status_code == 303
    assert messages(browser.get(chat).text)[1:] == ["first", "A scripted reply."]
    assert messages(ask(browser, chat, "third"))[3:] == ["third", "A scripted reply."]


def test_a_link_leads_to_a_message_on_any_branch(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    _, question, _ = message_ids(ask(browser, chat, "first"))
    edit(browser, chat, question, "second")
    wait_until_final(browser, chat)
    page = browser.get(chat, params={"at": question}).text
    assert "first" in messages(page)
    assert "another version" in page
    assert 'name="prompt"' not in page, "one writes where the chat goes on"
    assert "second" in messages(browser.get(chat).text), "looking changes nothing"


def test_a_message_is_there_as_it_was_written(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    question = message_ids(ask(browser, chat, "**bold** <b>"))[1]
    details = browser.get(f"{chat}/messages/{question}")
    assert "**bold** &lt;b&gt;" in details.text
    plain = browser.get(f"{chat}/messages/{question}", headers={"Accept": "text/plain"})
    assert plain.text == "**bold** <b>"
    assert plain.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["messages/{0}", "replies/{0}/again", "replies/{0}/continue"])
def test_a_stranger_finds_none_of_it(browser: httpx.Client, url: str, path: str) -> None:
    chat = open_chat(browser)
    reply = message_ids(ask(browser, chat, "mine"))[-1]
    with httpx.Client(base_url=url) as stranger:
        open_chat(stranger, "Eve")
        method = "GET" if path.startswith("messages") else "POST"
        assert stranger.request(method, f"{chat}/{path.format(reply)}").status_code == 404
        assert stranger.post(f"{chat}/messages/{reply}/delete").status_code == 404
        assert stranger.post(f"{chat}/head", data={"message": reply}).status_code == 404
    assert "mine" in messages(browser.get(chat).text)


def test_editing_in_a_chat_that_was_deleted_keeps_the_text(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    question = message_ids(ask(browser, chat, "first"))[1]
    key = client_key(browser.get(chat, params={"edit": question}).text)
    browser.post(f"{chat}/delete")
    form = {"prompt": "precious words", "client_key": key, "replaces": question}
    response = browser.post(generate(chat), data=form)
    assert response.status_code == 404
    assert "precious words</textarea>" in response.text


def test_an_edit_without_db_api_is_sent_again_as_an_edit(
    browser: httpx.Client, db_api: DbApiServer
) -> None:
    chat = open_chat(browser)
    question = message_ids(ask(browser, chat, "first"))[1]
    form = {"prompt": "second", "client_key": "k", "replaces": question}
    db_api.kill()
    try:
        response = browser.post(generate(chat), data=form)
    finally:
        db_api.start()
    assert response.status_code == 503
    assert f'name="replaces" value="{question}"' in response.text


def test_an_edit_without_a_cookie_keeps_its_text(browser: httpx.Client, url: str) -> None:
    chat = open_chat(browser)
    question = message_ids(ask(browser, chat, "first"))[1]
    form = {"prompt": "precious words", "client_key": "k", "replaces": question}
    with httpx.Client(base_url=url) as nobody:
        response = nobody.post(generate(chat), data=form)
    assert response.status_code == 404
    assert "precious words</textarea>" in response.text


def test_a_refused_edit_shows_its_form_again(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    question = message_ids(ask(browser, chat, "first"))[1]
    form = {"prompt": "x" * 40_000, "client_key": "k", "replaces": question}
    response = browser.post(generate(chat), data=form)
    assert response.status_code == 413
    assert f'name="replaces" value="{question}"' in response.text
    assert "x" * 40_000 in response.text
