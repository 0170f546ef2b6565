"""`/api`: a program lists, reads, changes and finds the chats of its session, as a person does."""

from unittest.mock import AsyncMock

import httpx
import pytest
from app import preferences
from starlette.types import Receive, Scope, Send

from tests.chat_ui.own import get, post, read, say
from tests.chat_ui.programs import bearer, make_token
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    ask,
    expect,
    message_ids,
    messages,
)


def test_a_chat_begins_with_a_message_and_is_continued(
    browser: httpx.Client, script: httpx.Client, model: ScriptedModel
) -> None:
    begun = say(script, "What is an API?")
    assert (begun["title"], begun["repeated"]) == ("What is an API?", False)
    assert begun["message"]["content"] == "What is an API?"
    assert (begun["reply"]["content"], begun["reply"]["reply"]["state"]) == (model.text, "complete")
    chat = begun["chat_id"]
    assert say(script, "Why?", chat)["reply"]["parent_id"]
    told = get(script, f"/chats/{chat}/messages")
    roles = [(each["role"], each["content"]) for each in told["items"]]
    assert roles[1:] == [
        *(("user", "What is an API?"), ("assistant", model.text)),
        *(("user", "Why?"), ("assistant", model.text)),
    ]
    assert (told["earlier"], told["later"], told["shown"]) == (None, False, True)
    page = browser.get(f"/chats/{chat}").text
    assert [each["id"] for each in told["items"]] == message_ids(page)
    last = get(script, f"/chats/{chat}/messages", limit=1)
    assert last["items"] == told["items"][-1:]
    above = get(script, f"/chats/{chat}/messages", before=last["earlier"])
    assert above["items"] == told["items"][:-1]
    assert get(script, f"/chats/{chat}/messages/{last['items'][0]['id']}") == last["items"][0]


def test_chats_are_listed_page_by_page(browser: httpx.Client, script: httpx.Client) -> None:
    chats = [say(script, f"Number {n}")["chat_id"] for n in range(3)]
    first = get(script, "/chats", limit=2)
    second = get(script, "/chats", limit=2, before=first["next"])
    listed = first["items"] + second["items"]
    assert [chat["id"] for chat in listed] == chats[::-1]
    assert (second["next"], listed[0]["title"], listed[0]["writing"]) == (None, "Number 2", False)
    assert len(get(script, "/chats", empty=True)["items"]) == 4
    assert get(script, f"/chats/{chats[0]}")["title"] == "Number 0"


def test_an_empty_chat_can_be_begun(script: httpx.Client) -> None:
    told = post(script, "/chats")
    assert (told["message"], told["reply"], told["title"]) == (None, None, None)
    (opening,) = get(script, f"/chats/{told['chat_id']}/messages")["items"]
    assert opening["role"] == "assistant"
    assert read(script.post("/api/chats"), 201)["chat_id"] != told["chat_id"]


def test_a_chat_is_renamed_pinned_set_deleted_and_restored(
    browser: httpx.Client, script: httpx.Client, model: ScriptedModel
) -> None:
    chat = say(script, "Hi")["chat_id"]
    path = f"/api/chats/{chat}"
    told = read(script.patch(path, json={"title": "APIs", "pinned": True}), 200)
    assert (told["title"], told["pinned"]) == ("APIs", True)
    told = read(script.patch(path, json={"temperature": 0, "system_prompt": "Be brief."}), 200)
    assert (told["temperature"], told["title"]) == (0, "APIs")
    say(script, "Again", chat)
    assert (model.requests[-1]["temperature"], model.requests[-1]["messages"][0]["content"]) == (
        *(0, "Be brief."),
    )
    assert read(script.patch(path, json={"temperature": None}), 200)["temperature"] is None
    assert read(script.patch(path, json={"tools": True}), 200)["tools"] is True
    read(script.delete(path), 204)
    assert script.get(path).status_code == 404
    (deleted,) = get(script, "/chats/deleted")["items"]
    assert (deleted["id"], deleted["title"]) == (chat, "APIs")
    assert read(script.post(f"{path}/restore"), 200)["title"] == "APIs"
    expect(browser.get(f"/chats/{chat}"), 200, "APIs")


def test_messages_are_replaced_shown_and_deleted(
    browser: httpx.Client, script: httpx.Client
) -> None:
    first = say(script, "One?")
    chat, question = first["chat_id"], first["message"]["id"]
    second = say(script, "Two?", chat, replaces=question)
    assert messages(browser.get(f"/chats/{chat}").text)[1] == "Two?"
    assert second["message"]["version"]["count"] == 2
    head = read(script.put(f"/api/chats/{chat}/head", json={"message_id": question}), 200)["head"]
    assert head == first["reply"]["id"]
    assert messages(browser.get(f"/chats/{chat}").text)[1] == "One?"
    read(script.delete(f"/api/chats/{chat}/messages/{question}"), 200)
    assert messages(browser.get(f"/chats/{chat}").text)[1] == "Two?"
    # The one that was seen is not shown any more.
    seen = {"prompt": "Three?", "seen": first["reply"]["id"]}
    refused = script.post(f"/api/chats/{chat}/messages", json=seen)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "branch_moved")


def test_a_search_tells_where_the_words_are(script: httpx.Client, model: ScriptedModel) -> None:
    say(script, "Something else")
    model.text = "A quill is a feather."
    chat = say(script, "What is a quill?")["chat_id"]
    found = get(script, "/search", q="quil")["items"]
    assert {hit["chat_id"] for hit in found} == {chat}
    assert [hit["role"] for hit in found] == [None, "assistant", "user"]
    for hit in found:
        assert [hit["snippet"][start:end] for start, end in hit["found"]] == ["quill"]
        assert not set("\ue000\ue001") & set(hit["snippet"])
    assert get(script, "/search", q="quill", chat=chat)["items"] == found
    assert get(script, "/search", q="nowhere") == {"items": [], "next": None}


def test_an_export_is_the_same_as_on_the_page(browser: httpx.Client, script: httpx.Client) -> None:
    chat = say(script, "Hi")["chat_id"]
    for path, page in ((f"/chats/{chat}/export", f"/chats/{chat}/export"), ("/export", "/export")):
        for kind, ending in (("json", "json"), ("markdown", "md")):
            file = script.get(f"/api{path}", params={"format": kind})
            assert file.status_code == 200
            assert file.content == browser.get(f"{page}.{ending}").content
    assert "set-cookie" not in file.headers
    assert file.headers["content-disposition"].startswith("attachment")


@pytest.mark.anyio
@pytest.mark.parametrize(("path", "is_read"), [("/chats", True), ("/api/chats", False)])
async def test_no_preference_of_a_browser_is_read(path: str, is_read: bool) -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(preferences.current().theme)

    scope = {"type": "http", "path": path, "headers": [(b"cookie", b"theme=dark")]}
    await preferences.ReadPreferences(app)(scope, AsyncMock(), AsyncMock())
    assert seen == ["dark" if is_read else "system"]


def test_a_person_and_a_program_see_the_same(browser: httpx.Client, script: httpx.Client) -> None:
    chat = get(script, "/chats", empty=True)["items"][0]["id"]
    ask(browser, f"/chats/{chat}", "From the page")
    told = [each["content"] for each in get(script, f"/chats/{chat}/messages")["items"]]
    assert "From the page" in told


@pytest.mark.parametrize("scope", ["chat", "read", "documents"])
def test_a_token_does_what_it_is_for(
    browser: httpx.Client, script: httpx.Client, scope: str
) -> None:
    sent = say(script, "Hi")
    chat, reply = f"/api/chats/{sent['chat_id']}", sent["reply"]["id"]
    script.headers.update(bearer(make_token(browser, scopes=[scope])))
    allowed = {
        "read": [
            *("/api/chats", "/api/chats/deleted", chat, f"{chat}/messages", f"{chat}/export"),
            *("/api/search?q=Hi", "/api/export", f"{chat}/replies/{reply}"),
            *(f"{chat}/messages/{reply}", f"{chat}/replies/{reply}/events"),
        ],
        "chat": [f"{chat}/messages", "/api/chats", f"{chat}/replies/{reply}/stop"],
    }
    for needed, paths in allowed.items():
        for path in paths:
            if needed == "chat":
                answer = script.post(path, json={"prompt": "Hi"})
            else:
                answer = script.get(path)
            assert (answer.status_code == 403) == (needed != scope), (needed, path)
            assert needed == scope or answer.json()["error"]["code"] == "missing_scope"
    for method, path in (("PATCH", chat), ("DELETE", chat)):
        assert (script.request(method, path, json={}).status_code == 403) == (scope != "chat")


def test_a_token_makes_no_tokens_ends_no_session_and_deletes_no_data(
    script: httpx.Client, db_api: DbApiServer
) -> None:
    for path in ("/api/tokens", "/api/settings", "/api/settings/forget", "/api/sessions/current"):
        for method in ("GET", "POST", "DELETE"):
            assert script.request(method, path).status_code == 404, path
    assert len(get(script, "/chats", empty=True)["items"]) == 1
