"""A chat shows one branch; a page that shows another, as a tab may for a while, is told so."""

import re

import httpx

from tests.support.person import (
    ask,
    edit,
    events,
    generate,
    message_ids,
    messages,
    open_chat,
    wait_until_final,
)


def read_seen(page: str) -> str:
    """The hidden field that says which message the form stands below."""
    found = re.search(r'name="seen" value="([0-9a-f-]*)"', page)
    assert found
    return found[1]


def test_a_page_that_shows_another_branch_is_told_to_load_anew(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    _, question, reply = message_ids(ask(browser, chat, "first"))
    assert [name for name, _ in events(browser, chat, since=3, last=reply)] == ["end"]
    edit(browser, chat, question, "second")
    wait_until_final(browser, chat)
    for since in (3, 9):
        assert next(events(browser, chat, since=since, last=reply))[0] == "moved"


def test_a_form_below_a_branch_that_was_left_is_shown_again_below_the_new_one(
    browser: httpx.Client,
) -> None:
    chat = open_chat(browser)
    old = ask(browser, chat, "first")
    edit(browser, chat, message_ids(old)[1], "second")
    wait_until_final(browser, chat)
    form = {"prompt": "precious words", "client_key": "k", "seen": read_seen(old)}
    response = browser.post(generate(chat), data=form)
    assert response.status_code == 409
    assert "goes on from another message now" in response.text
    assert "precious words</textarea>" in response.text
    assert "second" in messages(response.text)
    form["seen"] = read_seen(response.text)
    assert browser.post(generate(chat), data=form).status_code == 303
    assert messages(wait_until_final(browser, chat))[1::2] == ["second", "precious words"]


def test_a_script_learns_where_the_chat_goes_on(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    old = ask(browser, chat, "first")
    edit(browser, chat, message_ids(old)[1], "second")
    new = wait_until_final(browser, chat)
    form = {"prompt": "words", "client_key": "k", "seen": read_seen(old)}
    script = {"HX-Request": "true"}
    refused = browser.post(generate(chat), data=form, headers=script)
    assert refused.status_code == 409
    form["seen"] = read_seen(refused.text)
    assert form["seen"] == read_seen(new)
    sent = browser.post(generate(chat), data=form, headers=script)
    assert read_seen(sent.text) == message_ids(sent.text)[-1]
