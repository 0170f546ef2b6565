"""Exports: the whole chat, byte for byte, for its owner alone."""

import re
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from app.clients.types import Chat, Message, Reply, ReplyError, Version
from app.exports.export import _climb
from app.exports.format import begin_chat, write_message

from tests.chat_ui.support import (
    OPENING,
    DbApiServer,
    ScriptedModel,
    ask,
    edit,
    expect,
    message_ids,
    open_chat,
    wait_until_final,
)

ODD = "  two\nlines, <b>&amp;</b> *stars* 語 \x01 "
ID = UUID(int=1)
NOW = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
BARE = Reply(id=ID, state="failed")
WRITTEN_REPLY = (
    '{"id":"00000000-0000-0000-0000-000000000001","state":"failed","phase":null,"place":3,'
    '"wait_ms":4,"stop_requested":false,"error":%s,"model":null,"prompt_tokens":null,'
    '"prompt_tokens_read":null,"completion_tokens":null,"first_token_ms":null,"total_ms":null,'
    '"mode":"free","found":null,"saw":null,"quotes":[]}'
)


@pytest.mark.parametrize(
    ("error", "written"),
    [
        (None, "null"),
        (ReplyError(kind="model-broke"), '"model-broke"'),
        (ReplyError(kind="prompt-too-long"), '"prompt-too-long"'),
        (ReplyError(kind="prompt-too-long", size=5000, limit=4096), '"prompt-too-long 5000 4096"'),
        (ReplyError(kind="unknown", detail="model-broke-off"), '"model-broke-off"'),
    ],
)
def test_the_format_stays_as_it_was_whatever_becomes_of_the_contract(
    error: ReplyError | None, written: str
) -> None:
    chat = Chat(
        id=ID, username="Zoë", title=None, system_prompt="", temperature=0.5, created_at=NOW,
        updated_at=NOW, head=None, context_start=ID, turns=7,
    )  # fmt: skip
    assert begin_chat(chat) == (
        f'{{"format": "parley-chat", "version": 1, "chat": {{"id": "{ID}", "username": "Zoë",'
        ' "title": null, "pinned": false, "system_prompt": "", "temperature": 0.5,'
        ' "reply_tokens": null, "turns": 7, "created_at": "2026-01-02T03:04:05.000678Z",'
        ' "updated_at": "2026-01-02T03:04:05.000678Z", "head": null,'
        f' "context_start": "{ID}"}}, "messages": ['
    )
    reply = BARE.model_copy(update={"queue_position": 3, "wait_ms": 4, "error": error})
    version = Version(number=1, count=2, previous=None, next=ID)
    message = Message(
        id=ID, chat_id=ID, parent_id=None, seq=2, role="assistant", content="é\n",
        created_at=NOW, reply=reply, version=version,
    )  # fmt: skip
    assert write_message(message) == (
        f'{{"id":"{ID}","chat_id":"{ID}","parent_id":null,"seq":2,"role":"assistant",'
        '"content":"é\\n","created_at":"2026-01-02T03:04:05.000678Z",'
        '"pictures":[],'
        f'"reply":{WRITTEN_REPLY % written},'
        f'"version":{{"number":1,"count":2,"previous":null,"next":"{ID}"}}}}'
    )


def test_both_hold_every_message_byte_for_byte(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    ask(browser, chat, ODD)
    response = browser.get(f"{chat}/export.json")
    assert response.headers["content-disposition"].startswith("attachment")
    written = response.json()["messages"]
    assert [m["content"] for m in written] == [OPENING, ODD, model.text]
    assert written[2]["reply"]["state"] == "complete"
    markdown = browser.get(f"{chat}/export.md").text
    assert markdown.index(OPENING) < markdown.index(ODD) < markdown.index(model.text)
    assert "## Other versions" not in markdown


def test_markdown_is_the_branch_shown_with_all_other_versions_behind_it(
    browser: httpx.Client, chat: str
) -> None:
    question = message_ids(ask(browser, chat, "first"))[1]
    edit(browser, chat, question, "second")
    wait_until_final(browser, chat)
    ask(browser, chat, "third")
    address = f"{chat}/export.md"
    shown, others = browser.get(address).text.split("\n## Other versions\n")
    assert re.findall(r"^\w+$", shown, re.M) == ["second", "third"]
    assert re.findall(
        r"^### (\w+), .*\n\n\*\(after the message of .*\)\*\n\n(.*)", others, re.M
    ) == [
        ("You", "first"),
        ("Parley", "A scripted reply."),
    ]
    browser.post(f"{chat}/head", data={"message": question})
    assert re.findall("first|second|third", browser.get(address).text) == [
        *("first", "first"),  # the title, and what was said
        *("second", "third"),
    ]


def test_a_branch_whose_end_was_deleted_meanwhile_is_empty() -> None:
    assert list(_climb({}, ID)) == []


@pytest.mark.parametrize(
    ("title", "plain", "name"),
    [
        ("What is the sea?", "What is the sea", "What%20is%20the%20sea"),
        ("Größe", "Groe", "Gr%C3%B6%C3%9Fe"),
        ("../a\\b:c*", "a b c", "a%20b%20c"),
        ('"; x="%41', "; x= 41", "%3B%20x%3D%2041"),
        ("海", "chat", "%E6%B5%B7"),
        ("...", "chat", "chat"),
    ],
)
def test_files_are_named_after_the_chat(
    browser: httpx.Client, chat: str, title: str, plain: str, name: str
) -> None:
    browser.post(f"{chat}/settings", data={"title": title})
    for ending in ("md", "json"):
        sent = browser.get(f"{chat}/export.{ending}").headers["content-disposition"]
        names = f"filename=\"{plain}.{ending}\"; filename*=UTF-8''{name}.{ending}"
        assert sent == f"attachment; {names}"


@pytest.mark.usefixtures("half_written")
def test_a_reply_that_is_still_growing_is_exported_as_far_as_it_is(
    browser: httpx.Client, chat: str
) -> None:
    last = browser.get(f"{chat}/export.json").json()["messages"][-1]
    assert (last["content"], last["reply"]["state"]) == ("one two", "running")
    expect(browser.get(f"{chat}/export.md"), 200, "*(running)*")


def test_more_chats_and_messages_than_a_page_holds_are_exported_whole(
    browser: httpx.Client, chat: str, db_api: DbApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.exports.export.PAGE", 2)
    chats = [chat, *(open_chat(browser) for _ in range(4))]
    db_api.sql(
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, number, 'user', 'message ' || number"
        " FROM chats, generate_series(2, 1001) AS number"
        f" WHERE id = '{chat.removeprefix('/chats/')}'"
    )
    export = browser.get("/export.json").json()
    assert export["format"] == "parley-chats"
    assert [f"/chats/{found['chat']['id']}" for found in export["chats"]] == chats[::-1]
    assert [m["seq"] for m in export["chats"][-1]["messages"]] == list(range(1, 1002))
    markdown = browser.get("/export.md").text
    assert markdown.count("# New chat") == 5
    assert markdown.index("message 2") < markdown.index("message 1001")
