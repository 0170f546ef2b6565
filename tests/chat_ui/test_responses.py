"""`/v1/responses` as a program sees it: a reply that is kept, and a stream that can be resumed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.chat_ui.programs import bearer, make_token, refused
from tests.chat_ui.support import DbApiServer, ScriptedModel, new_browser, open_chat, wait_until

PATH = "/v1/responses"
NOWHERE = f"resp_{'0' * 32}"


def ask(program: httpx.Client, question: Any = "Hi", **fields: Any) -> httpx.Response:
    return program.post(PATH, json={"model": "scripted", "input": question, **fields})


def answer(program: httpx.Client, question: Any = "Hi", **fields: Any) -> Any:
    return told(ask(program, question, **fields))


def told(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


def read(program: httpx.Client, response: Any) -> Any:
    return told(program.get(f"{PATH}/{response['id']}"))


def wait_for(program: httpx.Client, response: Any, status: str) -> Any:
    wait_until(lambda: read(program, response)["status"] == status)
    return read(program, response)


@contextmanager
def events(program: httpx.Client, method: str, path: str, **given: Any) -> Iterator[Iterator[Any]]:
    with program.stream(method, path, **given) as response:
        assert response.status_code == 200
        data = (line for line in response.iter_lines() if line.startswith("data: "))
        yield (json.loads(line.removeprefix("data: ")) for line in data)


def stream(program: httpx.Client, **fields: Any) -> list[Any]:
    body = {"model": "scripted", "input": "Hi", "stream": True, **fields}
    with events(program, "POST", PATH, json=body) as found:
        return list(found)


def resume(program: httpx.Client, response: Any, after: int) -> list[Any]:
    params = {"stream": True, "starting_after": after}
    with events(program, "GET", f"{PATH}/{response['id']}", params=params) as found:
        return list(found)


def text_of(found: list[Any]) -> str:
    return "".join(each["delta"] for each in found if each["type"].endswith(".delta"))


def test_a_response_in_one_piece_is_kept(program: httpx.Client, model: ScriptedModel) -> None:
    response = answer(program, instructions="Be brief.", temperature=0, metadata={"a": "b"})
    (item,) = response["output"]
    (part,) = item["content"]
    assert (part["text"], item["status"], response["status"]) == (model.text, *["completed"] * 2)
    assert response["usage"]["output_tokens"] == 3
    assert (response["instructions"], response["metadata"]) == ("Be brief.", {"a": "b"})
    assert read(program, response) == response
    (asked,) = model.requests
    assert [each["content"] for each in asked["messages"]] == ["Be brief.", "Hi"]
    assert asked["temperature"] == 0


def test_events_tell_all_of_it_in_order(program: httpx.Client, model: ScriptedModel) -> None:
    found = stream(program)
    kinds = [each["type"].removeprefix("response.") for each in found]
    begin = ["created", "queued", "in_progress", "output_item.added", "content_part.added"]
    end = ["output_text.done", "content_part.done", "output_item.done", "completed"]
    assert (kinds[:5], kinds[-4:]) == (begin, end)
    assert set(kinds[5:-4]) == {"output_text.delta"}
    assert text_of(found) == model.text
    numbers = [each["sequence_number"] for each in found]
    assert numbers == sorted(set(numbers))
    assert read(program, found[-1]["response"]) == found[-1]["response"]


@pytest.mark.parametrize("background", [True, False])
def test_a_stream_resumes_after_each_of_its_events(
    program: httpx.Client, model: ScriptedModel, background: bool
) -> None:
    model.text = "one two three four"
    found = stream(program, background=background)
    response = found[-1]["response"]
    for index, each in enumerate(found):
        rest = resume(program, response, each["sequence_number"])
        assert text_of(found[: index + 1]) + text_of(rest) == model.text
        after = [event for event in found[index + 1 :] if not event["type"].endswith(".delta")]
        assert [event for event in rest if not event["type"].endswith(".delta")] == after
    assert resume(program, response, 10_000) == []


def test_one_in_the_background_is_written_though_nobody_waits(
    program: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three", 1
    body = {"model": "scripted", "input": "Hi", "stream": True, "background": True}
    with events(program, "POST", PATH, json=body) as found:
        seen = [next(found) for _ in range(6)]
    response = seen[0]["response"]
    assert (text_of(seen), response["status"]) == ("one", "queued")
    assert wait_for(program, response, "in_progress")["output"] == []
    model.go.set()
    wait_for(program, response, "completed")
    assert "one" + text_of(resume(program, response, seen[-1]["sequence_number"])) == model.text


def test_one_in_the_background_is_answered_at_once_and_can_be_cancelled_twice(
    program: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 0
    response = answer(program, background=True)
    assert response["status"] in ("queued", "in_progress")
    cancel = f"{PATH}/{response['id']}/cancel"
    for _ in range(2):
        assert told(program.post(cancel))["status"] == "cancelled"
    assert resume(program, response, 2)[-1]["type"] == "response.cancelled"
    wait_until(lambda: model.running == 0)


def test_without_background_a_cut_connection_frees_the_slot_and_nothing_can_be_cancelled(
    program: httpx.Client, model: ScriptedModel
) -> None:
    response = answer(program)
    refused(program.post(f"{PATH}/{response['id']}/cancel"), 400, "invalid_value")
    model.hold_after = 1
    for streams in (True, False):
        body = {"model": "scripted", "input": "Hi", "stream": streams}
        with pytest.raises(httpx.ReadTimeout):
            program.post(PATH, json=body, timeout=1.5)
        wait_until(lambda: model.running == 0)


def test_a_response_continues_the_one_before_without_its_instructions(
    program: httpx.Client, model: ScriptedModel
) -> None:
    asked = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "One?"}]
    first = answer(program, asked, instructions="Be brief.")
    second = answer(program, "Two?", previous_response_id=first["id"])
    third = answer(program, "Three?", previous_response_id=second["id"])
    assert [(each["role"], each["content"]) for each in model.requests[-1]["messages"]] == [
        ("system", "Be kind."),
        ("user", "One?"),
        ("assistant", model.text),
        ("user", "Two?"),
        ("assistant", model.text),
        ("user", "Three?"),
    ]
    assert third["previous_response_id"] == second["id"]
    path = f"{PATH}/{third['id']}/input_items"
    (item,) = [each for each in told(program.get(path))["data"] if each["role"] == "user"]
    assert item["content"] == [{"type": "input_text", "text": "Three?"}]


def test_what_it_was_asked_is_listed_in_pages(program: httpx.Client) -> None:
    said = [
        {"role": "user", "content": [{"type": "input_text", "text": "One?"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Two."}]},
        {"type": "message", "role": "user", "content": "Three?"},
    ]
    path = f"{PATH}/{answer(program, said)['id']}/input_items"
    items = told(program.get(path, params={"order": "asc"}))["data"]
    assert [each["content"][0]["text"] for each in items] == ["One?", "Two.", "Three?"]
    assert told(program.get(path))["data"] == items[::-1]
    page = told(program.get(path, params={"limit": 1, "after": items[2]["id"]}))
    assert (page["data"], page["has_more"]) == ([items[1]], True)
    refused(program.get(path, params={"after": "msg_x"}), 400, "invalid_value")


def test_too_long_a_response_is_incomplete(program: httpx.Client, model: ScriptedModel) -> None:
    model.text = "one two three four"
    response = answer(program, max_output_tokens=2)
    assert (response["status"], response["max_output_tokens"]) == ("incomplete", 2)
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert stream(program, max_output_tokens=2)[-1]["type"] == "response.incomplete"


def test_a_model_that_fails_is_said(program: httpx.Client, model: ScriptedModel) -> None:
    model.garbage = True
    refused(ask(program), 502, "model_failed")
    last = stream(program)[-1]
    assert (last["type"], last["response"]["status"]) == ("response.failed", "failed")
    assert last["response"]["error"]["code"] == "model_failed"


def test_what_is_not_stored_is_deleted_at_its_end(
    program: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    secret = {"input": "A secret", "store": False}
    answers = [answer(program, "A secret", store=False), stream(program, **secret)[-1]["response"]]
    assert [each["store"] for each in answers] == [False, False]
    paths = [f"{PATH}/{each['id']}" for each in answers]
    wait_until(lambda: {program.get(path).status_code for path in paths} == {404})
    asked = "SELECT count(*) FROM messages WHERE content = 'A secret'"
    wait_until(lambda: db_api.sql(asked) == 0)


@pytest.mark.parametrize("streams", [True, False])
def test_what_is_not_stored_is_paused_when_its_connection_is_cut(
    program: httpx.Client, model: ScriptedModel, db_api: DbApiServer, streams: bool
) -> None:
    model.hold_after = 1
    body = {"model": "scripted", "input": "Secret", "store": False, "stream": streams}
    asked = "SELECT count(*) FROM messages WHERE content = 'Secret'"
    key = {"Idempotency-Key": f"unstored {streams}"}
    if streams:
        with events(program, "POST", PATH, json=body, headers=key) as found:
            names = (event["type"] for event in found)
            assert "response.output_text.delta" in names
    else:
        with pytest.raises(httpx.ReadTimeout):
            program.post(PATH, json=body, headers=key, timeout=1.5)
    paused = "SELECT count(*) FROM replies JOIN messages m USING (chat_id) WHERE state = 'queued'"
    wait_until(lambda: db_api.sql(f"{paused} AND m.content = 'Secret'") == 1)
    model.hold_after = None
    again = program.post(PATH, json=body, headers=key)
    assert model.text in again.text.replace("\\n", "\n")
    assert len(model.requests) == 2
    wait_until(lambda: db_api.sql(asked) == 0)


def test_what_is_not_stored_is_deleted_too_once_it_was_read_again_to_its_end(
    program: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.hold_after = 1
    body = {"model": "scripted", "input": "Read again", "store": False, "stream": True}
    with events(program, "POST", PATH, json=body) as found:
        path = f"{PATH}/{next(found)['response']['id']}?stream=true"
        assert "response.output_text.delta" in (event["type"] for event in found)
    with events(program, "GET", path) as found:  # cut once more
        assert next(found)["type"] == "response.created"
    model.hold_after = None
    with events(program, "GET", path) as found:
        assert [*found][-1]["type"] == "response.completed"
    asked = "SELECT count(*) FROM messages WHERE content = 'Read again'"
    wait_until(lambda: db_api.sql(asked) == 0)
    refused(program.get(path), 404, "not_found")


def test_what_is_deleted_is_not_there(program: httpx.Client, model: ScriptedModel) -> None:
    response = answer(program)
    path = f"{PATH}/{response['id']}"
    assert told(program.delete(path)) == {
        "id": response["id"],
        "object": "response",
        "deleted": True,
    }
    model.hold_after = 0
    running = answer(program, background=True)
    program.delete(f"{PATH}/{running['id']}")
    wait_until(lambda: model.running == 0)
    refused(program.delete(path), 404, "not_found")
    refused(program.get(path), 404, "not_found")


def test_somebody_else_s_is_as_one_that_is_not_there(program: httpx.Client, url: str) -> None:
    response = answer(program)
    with new_browser(url) as browser, new_browser(url) as other:
        open_chat(browser)
        other.headers.update(bearer(make_token(browser)))
        for name in (response["id"], NOWHERE, "resp_x", "x"):
            path = f"{PATH}/{name}"
            answers = [other.get(path), other.delete(path), other.post(f"{path}/cancel")]
            answers += [other.get(f"{path}/input_items"), other.get(path, params={"stream": True})]
            for each in answers:
                assert refused(each, 404, "not_found", "no such response") == "response_id"
            asked = ask(other, previous_response_id=name)
            refused(asked, 400, "previous_response_not_found")
    assert read(program, response) == response


def test_no_more_messages_come_together_than_one_request_may_have(program: httpx.Client) -> None:
    said = [{"role": "user", "content": "Hi"}] * 1000
    first = answer(program, said)
    more = ask(program, "And now?", previous_response_id=first["id"])
    assert refused(more, 400, "invalid_value", "1000 messages") == "previous_response_id"


def test_other_replies_are_no_responses(program: httpx.Client) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    body = {"model": "scripted", "messages": messages}
    other = told(program.post("/v1/chat/completions", json=body))["id"]
    refused(program.get(f"{PATH}/{other.replace('chatcmpl-', 'resp_')}"), 404, "not_found")


@pytest.mark.parametrize("body", [{"model": "scripted", "input": "Hi"}, {"model": "none"}, None])
def test_compacting_is_refused_by_name(
    program: httpx.Client, model: ScriptedModel, body: dict[str, Any] | None
) -> None:
    path = f"{PATH}/compact"
    refused(program.post(path, json=body), 404, "unsupported_endpoint", "Ask for a summary")
    wrong = program.post(path, json=body, headers=bearer("x.y.z"))
    refused(wrong, 401, "invalid_api_key")
    assert model.requests == []


BAD = [
    ({"model": 7}, "model"),
    ({"input": None}, "input"),
    ({"input": ""}, "input"),
    ({"input": []}, "input"),
    ({"input": [{"role": "user", "content": "Hi"}] * 1001}, "input"),
    (
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "x", "so": 1}]}]},
        "input.0.content.0.so",
    ),
    ({"input": 7}, "input"),
    ({"input": "a\0b"}, "input"),
    ({"input": "\ud800"}, "input"),
    ({"input": ["Hi"]}, "input.0"),
    ({"input": [{"type": "file_search_call"}]}, "input.0.type"),
    ({"input": [{"role": "assistant", "content": "x"}]}, "input"),
    ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input.0.content.0"),
    ({"instructions": 7}, "instructions"),
    ({"background": True, "store": False}, "background"),
    ({"background": "yes"}, "background"),
    ({"previous_response_id": NOWHERE}, "previous_response_id"),
    ({"max_output_tokens": 0}, "max_output_tokens"),
    ({"max_output_tokens": -1}, "max_output_tokens"),
    ({"temperature": 3}, "temperature"),
    ({"top_p": 2}, "top_p"),
    ({"metadata": []}, "metadata"),
    ({"metadata": {"a": 1}}, "metadata"),
    ({"metadata": {str(n): "" for n in range(17)}}, "metadata"),
    ({"metadata": {"a": "\0"}}, "metadata"),
    ({"tools": [{}] * 10_000}, "tools"),
    ({"text": {"format": {"type": "json_schema"}}}, "text.format.name"),
    ({"truncation": "auto"}, "truncation"),
    ({"conversation": "x"}, "conversation"),
    ({"made_up": 1}, "made_up"),
]


@pytest.mark.parametrize(("fields", "param"), BAD, ids=lambda case: str(case)[:40])
def test_what_can_t_be_done_is_refused_by_name(
    program: httpx.Client, model: ScriptedModel, fields: dict[str, Any], param: str
) -> None:
    content = json.dumps({"model": "scripted", "input": "Hi", **fields})
    response = program.post(PATH, content=content, headers={"Content-Type": "application/json"})
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, param), error
    assert model.requests == []


def test_a_stream_can_t_begin_anywhere(program: httpx.Client) -> None:
    path = f"{PATH}/{answer(program)['id']}"
    for params in ({"starting_after": 3}, {"stream": True, "starting_after": -2}):
        refused(program.get(path, params=params), 400, "invalid_value")
    refused(program.get(path, params={"stream": "x"}), 400, "invalid_value")
