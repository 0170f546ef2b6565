"""`/api`: replies that a program waits for, watches, stops and asks for again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.chat_ui.own import get, post, read, say
from tests.chat_ui.programs import refused
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    messages,
    new_browser,
    wait_until,
    wait_until_final,
)
from tests.support.sse import Event, read_events


def watch(response: httpx.Response) -> Iterator[Event]:
    """The events and their data."""
    assert response.headers["content-type"].startswith("text/event-stream")
    return read_events(response)


def test_an_unfinished_reply_is_told_as_far_as_it_has_come(
    script: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three four", 2
    sent = post(script, "/chats", prompt="Count")
    assert sent["reply"]["reply"]["state"] in ("queued", "running")
    path = f"/chats/{sent['chat_id']}/replies/{sent['reply']['id']}"
    wait_until(lambda: get(script, path)["content"] == "one two")
    assert get(script, path, wait=0.2)["reply"]["state"] == "running"
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(get, script, path, wait=60)
        model.go.set()
        told = waiting.result()
    assert (told["content"], told["reply"]["state"]) == (model.text, "complete")
    assert get(script, path, wait=60) == told


def test_a_message_can_be_waited_for_so_long_and_no_longer(
    script: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 0
    told = say(script, "Count", wait=0.3)
    assert told["reply"]["reply"]["state"] in ("queued", "running")


def test_a_reply_is_streamed_as_it_is_written(script: httpx.Client, model: ScriptedModel) -> None:
    model.text, model.hold_after = "one two three four", 2
    body = {"prompt": "Count", "stream": True}
    with script.stream("POST", "/api/chats", json=body) as response:
        assert response.headers["x-request-id"]
        events = watch(response)
        name, sent = next(events)
        assert (name, sent["message"]["content"]) == ("sent", "Count")
        text, last, states = sent["reply"]["content"], {}, []
        for name, data in events:
            if name == "text":
                text += data["text"]
            elif name == "reply":
                states.append(data["state"])
            else:
                assert name == "message"
                last = data
            if text == "one two":
                model.go.set()
    assert (text, states[-1]) == (model.text, "complete")
    assert last == get(script, f"/chats/{sent['chat_id']}/messages/{last['id']}")
    path = f"/api/chats/{sent['chat_id']}/replies/{last['id']}/events"
    with script.stream("GET", path) as response:
        again = list(watch(response))
    assert [name for name, _ in again] == ["text", "reply", "message"]
    assert (again[0][1], again[-1][1]) == ({"text": model.text}, last)


@pytest.mark.parametrize("fields", [{"wait": 60}, {"stream": True}])
def test_whoever_leaves_doesn_t_stop_it(
    browser: httpx.Client, script: httpx.Client, model: ScriptedModel, fields: dict[str, Any]
) -> None:
    model.text, model.hold_after = "one two three four", 2
    body = {"prompt": "Count", "client_key": "k", **fields}
    with pytest.raises(httpx.ReadTimeout):
        script.post("/api/chats", json=body, timeout=1.5)
    model.go.set()
    told = say(script, "Count", client_key="k")
    assert told["repeated"]
    assert told["reply"]["content"] == model.text
    assert len(model.requests) == 1
    assert model.text in messages(wait_until_final(browser, f"/chats/{told['chat_id']}"))[-1]


def test_a_page_and_a_program_watch_the_same_reply(
    browser: httpx.Client, script: httpx.Client, model: ScriptedModel
) -> None:
    """What the program watches first is rendered for the page, too."""
    model.text, model.hold_after = "one **two** three", 2
    with script.stream("POST", "/api/chats", json={"prompt": "x", "stream": True}) as response:
        events = watch(response)
        chat = next(events)[1]["chat_id"]
        with browser.stream("GET", f"/chats/{chat}/events") as page:
            model.go.set()
            html = "".join(page.iter_text())
        assert [name for name, _ in events][-1] == "message"
    assert "<strong>two</strong>" in html


def test_a_key_counts_once(script: httpx.Client, model: ScriptedModel) -> None:
    begun = [say(script, "Hi", client_key="one") for _ in range(2)]
    assert [each["repeated"] for each in begun] == [False, True]
    assert begun[0]["chat_id"] == begun[1]["chat_id"]
    chat, header = begun[0]["chat_id"], {"Idempotency-Key": "two"}
    path = f"/api/chats/{chat}/messages"
    sent = [script.post(path, json={"prompt": "Why?"}, headers=header) for _ in range(2)]
    assert [read(each, 201)["repeated"] for each in sent] == [False, True]
    other = script.post(path, json={"prompt": "How?"}, headers=header)
    refused(other, 422, "idempotency_key_reused")
    reply = begun[0]["reply"]["id"]
    again = [
        post(script, f"/chats/{chat}/replies/{reply}/regenerate", client_key="three")["reply"]["id"]
        for _ in range(2)
    ]
    assert again[0] == again[1] != reply


def test_without_a_key_each_request_counts(script: httpx.Client) -> None:
    assert say(script, "Hi")["chat_id"] != say(script, "Hi")["chat_id"]


def test_a_reply_is_stopped_continued_and_regenerated(
    script: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three four", 2
    sent = post(script, "/chats", prompt="Count")
    path = f"/chats/{sent['chat_id']}/replies/{sent['reply']['id']}"
    wait_until(lambda: get(script, path)["content"] == "one two")
    unfinished = script.post(f"/api{path}/regenerate")
    refused(unfinished, 409, "reply_unfinished")
    post(script, f"{path}/stop", 200)
    told = get(script, path, wait=60)
    assert (told["content"], told["reply"]["state"]) == ("one two", "stopped")
    assert post(script, f"{path}/stop", 200)["reply"]["state"] == "stopped"
    model.go.set()
    continued = post(script, f"{path}/regenerate", continued=True, wait=60)["reply"]
    assert continued["content"] == model.text
    whole = f"/chats/{sent['chat_id']}/replies/{continued['id']}"
    refused(
        script.post(f"/api{whole}/regenerate", json={"continued": True}), 409, "nothing_to_continue"
    )
    again = read(script.post(f"/api{whole}/regenerate"), 201)
    assert again["message"]["id"] == sent["message"]["id"]


def test_a_reply_of_another_branch_can_be_watched(
    script: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three four", 2
    first = post(script, "/chats", prompt="One?")
    chat, reply = first["chat_id"], first["reply"]["id"]
    post(script, f"/chats/{chat}/messages", prompt="Two?", replaces=first["message"]["id"])
    with script.stream("GET", f"/api/chats/{chat}/replies/{reply}/events") as response:
        events = watch(response)
        next(events)
        model.go.set()
        name, last = list(events)[-1]
    assert (name, last["content"]) == ("message", model.text)


def test_a_model_that_fails_is_said_of_the_reply(
    script: httpx.Client, model: ScriptedModel
) -> None:
    model.garbage = True
    reply = say(script, "Hi")["reply"]["reply"]
    assert (reply["state"], reply["error"]) == ("failed", "model-broke")


def test_a_chat_that_is_deleted_ends_its_stream(script: httpx.Client, model: ScriptedModel) -> None:
    model.hold_after = 1
    with script.stream("POST", "/api/chats", json={"prompt": "x", "stream": True}) as response:
        events = watch(response)
        chat = next(events)[1]["chat_id"]
        read(script.delete(f"/api/chats/{chat}"), 204)
        name, data = list(events)[-1]
    assert (name, data["error"]["code"]) == ("error", "not_found")


def test_a_token_that_is_revoked_ends_its_stream_within_seconds(
    script: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.hold_after = 1
    with script.stream("POST", "/api/chats", json={"prompt": "x", "stream": True}) as response:
        events = watch(response)
        next(events)
        db_api.sql("UPDATE tokens SET revoked_at = now()")
        name, data = list(events)[-1]
    assert (name, data["error"]["code"]) == ("error", "invalid_api_key")


def test_no_more_is_watched_than_a_session_may_and_nothing_is_stored_then(
    script: httpx.Client,
    model: ScriptedModel,
    db_api: DbApiServer,
    serve_chat_ui: StartBriefly,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def find(*_: object) -> int:
        return 1

    monkeypatch.setattr("app.api.own.replies.find_most_streams", find)
    model.hold_after = 1
    with serve_chat_ui(db_api_url=db_api.url) as url, new_browser(url) as there:
        there.headers["Authorization"] = script.headers["authorization"]
        body = {"prompt": "x", "stream": True}
        with there.stream("POST", "/api/chats", json=body) as response:
            events = watch(response)
            next(events)
            before = len(get(script, "/chats")["items"])
            for fields in (body, {"prompt": "x", "wait": 60}):
                too_much = there.post("/api/chats", json=fields)
                refused(too_much, 429, "rate_limit_exceeded")
                assert int(too_much.headers["retry-after"]) > 0
            assert len(get(script, "/chats")["items"]) == before
            model.go.set()
            assert list(events)[-1][0] == "message"
