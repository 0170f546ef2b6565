"""What programs ask for as a response: it can be read again, by its owner alone."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from app.db.transactions import Database
from app.deleting.purge import drop_passing, purge

from tests.db_api.api import Api, Person, body, problem, reasons
from tests.db_api.conftest import Sql

RESPONSE = {
    "model": "m",
    "background": True,
    "stored": True,
    "previous": "resp_1",
    "instructions": "Be brief.",
    "system": ["Be kind."],
    "given": 2,
    "metadata": {"a": "b"},
    "echo": '{"tools": []}',
}


def ask(person: Person, **fields: Any) -> Any:
    asked = {"question": "Hi", "response": RESPONSE, **fields}
    return body(person.post("/completions", asked), 201)


def get(person: Person, reply: str) -> httpx.Response:
    return person.get(f"/completions/{reply}")


def test_it_is_read_again_as_it_was_asked_and_as_it_is_now(api: Api, ada: Person) -> None:
    sampling: dict[str, Any] = {"top_p": 0.5, "seed": None, "stop": []}
    sampling |= {"json_schema": None, "fresh": False}
    sent = ask(ada, temperature=0.25, reply_tokens=9, sampling=sampling, worker="w")
    assert sent["claim"]["sampling"] == sampling
    reply = sent["reply"]["id"]
    api.store(reply, "One")
    read = body(get(ada, reply))
    assert (read["response"], read["sampling"]) == (RESPONSE, sampling)
    assert (read["temperature"], read["reply_tokens"]) == (0.25, 9)
    assert (read["reply"]["content"], read["reply"]["reply"]["state"]) == ("One", "running")
    api.finish(reply, "One two.", offset=0)
    assert body(get(ada, reply))["reply"]["content"] == "One two."


def test_whatever_else_has_the_id_is_not_found(ada: Person, bob: Person, sql: Sql) -> None:
    hers, plain = ask(ada), body(ada.post("/completions", {"question": "Hi"}), 201)
    reply, chat = hers["reply"]["id"], ada.chat()
    others = [uuid4(), plain["reply"]["id"], hers["message"]["id"], ada.send(chat)]
    for person, each in [(bob, reply), *((ada, each) for each in others)]:
        problem(get(person, each), 404, "reply-not-found")
    assert get(ada, reply).status_code == 200
    assert ada.delete(f"/chats/{hers['message']['chat_id']}").status_code == 204
    problem(get(ada, reply), 404, "reply-not-found")
    other = ask(ada)["reply"]["id"]
    sql("UPDATE chats SET expires_at = now() WHERE expires_at IS NOT NULL")
    problem(get(ada, other), 404, "reply-not-found")


def test_what_is_deleted_is_gone_for_good_and_nobody_can_restore_it(
    database: Database, api: Api, ada: Person, sql: Sql
) -> None:
    done, writing = ask(ada, worker="w"), ask(ada, worker="w")
    chats = [sent["message"]["chat_id"] for sent in (done, writing)]
    api.finish(done["reply"]["id"], "One.")
    for chat in chats:
        assert ada.delete(f"/chats/{chat}").status_code == 204
        problem(ada.post(f"/chats/{chat}/restore"), 404, "chat-not-found")
    assert body(ada.get("/chats/deleted"))["items"] == []
    assert sql("SELECT id::text FROM chats") == [(chats[1],)], "its reply is still being written"
    drop_passing(database)
    assert sql("SELECT id::text FROM chats") == [(chats[1],)]
    api.finish(writing["reply"]["id"], "Two.", state="stopped")
    drop_passing(database)
    assert sql("SELECT id FROM messages") == []


def test_what_is_not_to_be_stored_goes_if_nobody_comes_back_for_it(
    database: Database, api: Api, ada: Person, sql: Sql
) -> None:
    kept, unstored = (
        ask(ada, worker="w", response={**RESPONSE, "stored": stored}) for stored in (True, False)
    )
    for sent in (kept, unstored):
        api.finish(sent["reply"]["id"], "One.")
    for minutes, left in ((9, 2), (2, 1)):
        sql(f"UPDATE replies SET finished_at = finished_at - interval '{minutes} minutes'")
        drop_passing(database)
        assert len(sql("SELECT id FROM chats")) == left
    assert get(ada, kept["reply"]["id"]).status_code == 200


def test_what_has_expired_goes_within_a_minute_and_its_key_with_it(
    database: Database, api: Api, ada: Person, sql: Sql
) -> None:
    same = {"client_key": "k", "request_sha256": "a" * 64}
    first = ask(ada, worker="w", **same)["reply"]["id"]
    api.finish(first, "One.")
    drop_passing(database)
    again = body(ada.post("/completions", {"question": "Hi", "response": RESPONSE, **same}))
    assert again["reply"]["id"] == first
    sql("UPDATE chats SET expires_at = now()")
    drop_passing(database)
    assert sql("SELECT id FROM chats") == []
    assert ask(ada, **same)["reply"]["id"] != first


def test_a_minute_s_step_is_bounded(database: Database, ada: Person, sql: Sql) -> None:
    ada.chat()
    columns = "session_id, username, system_prompt"
    sql(
        f"INSERT INTO chats ({columns}, expires_at) "
        f"SELECT {columns}, now() FROM chats, generate_series(1, 1001)"
    )
    for left in (2, 1):
        drop_passing(database)
        assert sql("SELECT count(*) FROM chats") == [(left,)], "one of them is hers"


def test_what_is_not_to_be_stored_is_purged_after_a_day(
    database: Database, ada: Person, sql: Sql
) -> None:
    ask(ada, response={**RESPONSE, "stored": False})
    assert purge(database) == 0
    sql("UPDATE chats SET expires_at = expires_at - interval '1 day'")
    assert purge(database) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("model", "a\0b"), ("given", -1), ("metadata", {"a": 1})]
)
def test_what_can_t_be_stored_is_refused_by_name(ada: Person, field: str, value: object) -> None:
    asked = {"question": "Hi", "response": {**RESPONSE, field: value}}
    ((name, _),) = reasons(ada.post("/completions", asked))
    assert name.startswith(f"response.{field}")
