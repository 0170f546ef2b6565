"""Exports: the whole chat, byte for byte, for its owner alone."""

import json

import httpx

from tests.chat_ui.conftest import OPENING, DbApiServer
from tests.support.person import open_chat, send, wait_for, wait_until_final
from tests.support.scripted_model import ScriptedModel

ODD = "  two\nlines, <b>&amp;</b> *stars* 語 \x01 "


def test_json_holds_every_message_byte_for_byte(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    send(browser, chat, ODD)
    wait_until_final(browser, chat)
    response = browser.get(f"{chat}/export.json")
    export = json.loads(response.text)
    assert (export["format"], export["version"]) == ("parley-chat", 1)
    assert export["chat"]["username"] == "Ann"
    assert [m["content"] for m in export["messages"]] == [OPENING, ODD, model.text]
    assert [m["seq"] for m in export["messages"]] == [1, 2, 3]
    assert export["messages"][2]["reply"]["state"] == "complete"
    assert response.headers["content-disposition"].startswith("attachment")


def test_markdown_holds_every_message_as_it_was_written(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    send(browser, chat, ODD)
    wait_until_final(browser, chat)
    export = browser.get(f"{chat}/export.md").text
    assert ODD in export
    assert model.text in export
    assert export.index(OPENING) < export.index(ODD) < export.index(model.text)


def test_a_reply_that_is_still_growing_is_exported_as_far_as_it_is(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 2
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    wait_for(browser, chat, "A scripted")
    last = json.loads(browser.get(f"{chat}/export.json").text)["messages"][-1]
    assert (last["content"], last["reply"]["state"]) == ("A scripted", "running")
    assert "*(running)*" in browser.get(f"{chat}/export.md").text
    model.go.set()
    wait_until_final(browser, chat)


def test_a_chat_of_thousands_is_exported_whole(browser: httpx.Client, db_api: DbApiServer) -> None:
    chat = open_chat(browser)
    db_api.psql(
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, number, 'user', 'message ' || number"
        " FROM chats, generate_series(2, 3001) AS number"
        f" WHERE id = '{chat.removeprefix('/chats/')}'"
    )
    export = json.loads(browser.get(f"{chat}/export.json").text)
    assert [m["seq"] for m in export["messages"]] == list(range(1, 3002))


def test_a_stranger_gets_nothing(browser: httpx.Client, url: str) -> None:
    chat = open_chat(browser)
    with httpx.Client(base_url=url) as stranger:
        open_chat(stranger)
        assert stranger.get(f"{chat}/export.json").status_code == 404
        assert stranger.get(f"{chat}/export.md").status_code == 404
