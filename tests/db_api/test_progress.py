"""Text is stored for whoever holds the reply, where it ends, and nowhere else."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import Sql


def test_text_grows_and_is_read_at_once(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    stored = api.store(reply, "Grüße", prompt_tokens=20, prompt_tokens_read=20, first_token_ms=7)
    assert stored == {"id": reply, "held": True, "stop_requested": False, "length": 5}
    assert api.store(reply, " 😀\0"[:2], 5)["length"] == 7
    message = ada.messages(chat)[-1]
    assert message["content"] == "Grüße 😀"
    assert message["reply"]["phase"] == "writing"
    assert message["reply"]["prompt_tokens_read"] == 20
    assert message["reply"]["first_token_ms"] == 7, "a later batch without it keeps it"


def everything(sql: Sql) -> list[Any]:
    return sql("SELECT * FROM replies")


def test_a_wrong_offset_changes_nothing(api: Api, ada: Person, sql: Sql) -> None:
    reply = ada.send(ada.chat(), worker="w")
    api.store(reply, "Hello")
    before = everything(sql)
    for offset in (0, 4, 6, 2**31 - 1):
        stored = api.store(reply, "x", offset)
        assert stored == {"id": reply, "held": True, "stop_requested": False, "length": 5}
    assert everything(sql) == before


def test_a_wrong_worker_changes_nothing(api: Api, ada: Person, sql: Sql) -> None:
    reply = ada.send(ada.chat(), worker="w")
    before = everything(sql)
    stored = api.store(reply, "x", worker="other")
    assert stored == {"id": reply, "held": False, "stop_requested": False, "length": 0}
    assert everything(sql) == before


def test_only_running_replies_take_text(api: Api, ada: Person) -> None:
    queued, done = ada.send(ada.chat()), ada.send(ada.chat())
    api.claim()
    api.claim()
    api.finish(done, "Done.")
    api.http.post("/replies/release", json={"worker": "w"})
    for reply in (queued, done, str(uuid4())):
        assert api.store(reply, "x")["held"] is False


def test_a_heartbeat_renews_the_lease_by_the_database_s_clock(
    api: Api, ada: Person, sql: Sql
) -> None:
    reply = ada.send(ada.chat(), worker="w")
    sql("UPDATE replies SET lease_until = clock_timestamp() + interval '1 s'")
    api.store(reply, "", phase="reading")
    ((left,),) = sql("SELECT extract(epoch FROM lease_until - clock_timestamp()) FROM replies")
    assert 9 < left <= 10


def test_a_runner_that_goes_on_adds_to_the_counts_but_the_first_word_stays(
    api: Api, ada: Person, lease_runs_out: Callable[[str], None]
) -> None:
    reply = ada.send(ada.chat(), worker="w")
    api.store(reply, "One", completion_tokens=1, first_token_ms=90, total_ms=120)
    lease_runs_out(reply)
    claimed = api.claim()["reply"]
    assert (claimed["completion_tokens"], claimed["total_ms"]) == (1, 120)
    api.store(reply, " two", 3, completion_tokens=2, first_token_ms=400, total_ms=500)
    done = api.finish(reply, "", offset=7, completion_tokens=2, first_token_ms=400, total_ms=510)
    told = done["reply"]
    assert told["first_token_ms"] == 90
    assert (told["completion_tokens"], told["total_ms"]) == (2, 510)


def test_one_call_stores_for_all_replies(api: Api, ada: Person, sql: Sql) -> None:
    replies = [ada.send(ada.chat(), worker="w") for _ in range(2)]
    lost = ada.send(ada.chat())
    batches = [
        {"id": reply, "offset": 0, "text": reply, "phase": "writing"} for reply in (*replies, lost)
    ]
    sent = {"worker": "w", "replies": batches}
    answer = body(api.http.post("/replies/progress", json=sent))["replies"]
    assert {a["id"]: (a["held"], a["length"]) for a in answer} == {
        replies[0]: (True, 36),
        replies[1]: (True, 36),
        lost: (False, 0),
    }
    assert body(api.http.post("/replies/progress", json={"worker": "w", "replies": []})) == {
        "replies": []
    }


def test_a_stop_is_heard_with_the_next_heartbeat(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    assert ada.stop(chat, reply)["stop_requested"] is True
    assert api.store(reply, "")["stop_requested"] is True
    assert api.store(reply, "", 7)["stop_requested"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x"},
        {"offset": -1},
        {"offset": 2**31},
        {"text": "\0"},
        {"phase": "thinking"},
        {"prompt_tokens": -1},
    ],
)
def test_a_bad_batch_is_refused(api: Api, change: dict[str, Any]) -> None:
    batch = {"id": str(uuid4()), "offset": 0, "text": "x", "phase": "writing"} | change
    sent = {"worker": "w", "replies": [batch]}
    found = problem(api.http.post("/replies/progress", json=sent), 422, "invalid-input")
    assert found["errors"][0]["field"] == f"replies.0.{next(iter(change))}"
