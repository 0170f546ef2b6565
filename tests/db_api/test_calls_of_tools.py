"""Calls of tools are stored before they run, once, for whoever holds the reply; nobody else sees
them, and they go with it."""

from typing import Any

import httpx
import pytest
from app.following.schemas import KnownReply, ReplyUpdate

from tests.db_api.api import NOWHERE, Api, Person, body, problem
from tests.db_api.conftest import Sql, TakeOver
from tests.db_api.following import follow

CALL = {"tool": "calculator", "arguments": '{"expression": "6*7"}'}
RUNNING = CALL | {"result": None, "failed": False}
DONE = CALL | {"result": "= **42**", "failed": False}


def begin(api: Api, reply: str, number: int = 1, **more: Any) -> httpx.Response:
    return api.http.put(f"/replies/{reply}/calls/{number}", json={"worker": "w", **CALL, **more})


def end(api: Api, reply: str, number: int = 1, **more: Any) -> httpx.Response:
    told = {"worker": "w", "result": DONE["result"], **more}
    return api.http.put(f"/replies/{reply}/calls/{number}/result", json=told)


def calls(person: Person, chat: str) -> Any:
    return person.messages(chat)[-1]["reply"]["calls"]


def test_a_call_is_stored_and_then_its_result(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    assert calls(ada, chat) == []
    assert begin(api, running).status_code == 204
    assert calls(ada, chat) == [RUNNING]
    assert end(api, running).status_code == 204
    assert begin(api, running, 2).status_code == 204
    assert end(api, running, 2, result="It failed.", failed=True).status_code == 204
    both = [DONE, CALL | {"result": "It failed.", "failed": True}]
    assert calls(ada, chat) == both
    assert api.finish(running, "42.")["reply"]["calls"] == both
    assert calls(ada, chat) == both


def test_repeated_it_changes_nothing(api: Api, ada: Person, chat: str, running: str) -> None:
    for _ in range(2):
        assert begin(api, running).status_code == 204
    problem(begin(api, running, tool="date"), 409, "call-differs")
    for result in (DONE["result"], "Another."):
        assert end(api, running, result=result).status_code == 204
    assert calls(ada, chat) == [DONE]
    problem(begin(api, running), 409, "call-differs")  # it has run


def test_numbers_have_no_gap_and_there_are_four(api: Api, running: str) -> None:
    problem(begin(api, running, 2), 409, "call-differs")
    problem(end(api, running), 409, "call-differs")
    for number in (1, 2, 3, 4):
        assert begin(api, running, number).status_code == 204
    assert begin(api, running, 5).status_code == 422


def test_the_table_has_no_fifth(api: Api, running: str, sql: Sql) -> None:
    with pytest.raises(Exception, match="replies_calls_check"):
        sql("UPDATE replies SET calls = '[1, 2, 3, 4, 5]' WHERE message_id = %s", running)


def test_only_who_holds_the_reply_stores_them(
    api: Api, ada: Person, chat: str, running: str, take_over: TakeOver
) -> None:
    for reply, worker in ((running, "other"), (NOWHERE, "w")):
        problem(begin(api, reply, worker=worker), 409, "lease-lost")
    assert begin(api, running).status_code == 204
    claim = take_over(running, "other")
    assert claim["reply"]["calls"] == [RUNNING], "whoever continues it knows what has begun"
    problem(end(api, running), 409, "lease-lost")
    assert calls(ada, chat) == [RUNNING]


def test_nobody_changes_those_of_a_final_reply(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    begin(api, running)
    api.finish(running, "So.", state="stopped")
    problem(end(api, running), 409, "lease-lost")
    assert calls(ada, chat) == [RUNNING]


def test_nobody_else_sees_them_and_they_go_with_the_message(
    api: Api, ada: Person, bob: Person, chat: str, running: str, sql: Sql
) -> None:
    begin(api, running)
    api.finish(running, "42.")
    problem(bob.get(f"/chats/{chat}/messages"), 404, "chat-not-found")
    ada.delete(f"/chats/{chat}/messages/{running}")
    assert sql("SELECT 1 FROM replies WHERE calls <> '[]'") == []


def test_a_follower_hears_of_a_call_and_of_its_result(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    def is_news(calls: int) -> bool:
        told = follow(ada, chat, [{"id": running, "state": "running"}], since=2, wait=0)
        update = ReplyUpdate.model_validate(told["replies"][0])
        known = KnownReply(id=update.reply.id, state="running", calls=calls)
        return known.differs_from(update, with_text=False)

    begin(api, running)
    assert [is_news(calls) for calls in range(3)] == [True, False, True]
    end(api, running)
    assert [is_news(calls) for calls in range(3)] == [True, True, False]


def test_a_death_after_a_call_is_no_attempt_in_vain(api: Api, running: str) -> None:
    for number in (1, 2, 3):
        assert begin(api, running, number).status_code == 204
        assert api.release(died=True) == 1
        assert api.claim()["attempts"] == 0


def test_a_continued_reply_keeps_them_and_another_version_has_none(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    begin(api, running)
    end(api, running)
    api.finish(running, "It is", state="stopped")
    continued = ada.regenerate(chat, running, continued=True, worker="w")["claim"]
    assert continued["reply"]["calls"] == [DONE]
    api.finish(continued["reply"]["id"], "It is 42.")
    again = ada.regenerate(chat, running, worker="w")["claim"]
    assert again["reply"]["calls"] == []


@pytest.mark.parametrize("value", [True, False, None])
def test_a_chat_says_whether_its_model_may_call_tools(
    api: Api, ada: Person, value: bool | None
) -> None:
    chat = ada.chat()
    ada.change(chat, tools=value)
    assert ada.get(f"/chats/{chat}").json()["tools"] is value
    ada.send(chat)
    assert api.claim()["tools"] is value


def test_a_new_chat_begins_with_what_its_session_says(api: Api, ada: Person) -> None:
    body(ada.patch("/sessions/current", tools=True))
    assert ada.get(f"/chats/{ada.chat()}").json()["tools"] is True


def test_the_prompt_of_a_reply_comes_with_its_calls(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    begin(api, running)
    end(api, running)
    api.finish(running, "42.", model="m")
    told = ada.get(f"/chats/{chat}/replies/{running}/prompt").json()
    assert told["calls"] == [DONE]
