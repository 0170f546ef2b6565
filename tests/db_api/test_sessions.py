"""Sessions begin, have a name or none, are renewed, and are forgotten."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import ServeCopy, Sql


def lifetime(session: dict[str, str]) -> timedelta:
    return datetime.fromisoformat(session["expires_at"]) - datetime.fromisoformat(
        session["last_seen_at"]
    )


def test_a_new_session_lives_for_its_days(api: Api) -> None:
    session = body(api.http.post("/sessions"), 201)
    assert lifetime(session) == timedelta(days=90)
    assert session["created_at"].endswith("Z")
    assert body(Person(api.http, session["id"]).get("/sessions/current")) == session


def test_renewing_starts_the_days_again(ada: Person, sql: Sql) -> None:
    sql("UPDATE sessions SET expires_at = now() + interval '1 day'")
    session = body(ada.post("/sessions/current/renew"))
    assert lifetime(session) == timedelta(days=90)
    assert session["last_seen_at"] > session["created_at"]


@pytest.mark.parametrize("new", [None, {}, {"name": None}])
def test_a_session_may_begin_without_a_name(api: Api, new: Any) -> None:
    session = body(api.http.post("/sessions", json=new), 201)
    assert session["name"] is None


def test_a_session_is_named_and_renamed(api: Api) -> None:
    session = body(api.http.post("/sessions", json={"name": " Ada "}), 201)
    assert session["name"] == "Ada"
    ada = Person(api.http, session["id"])
    renamed = body(ada.patch("/sessions/current", name="Ada L."))
    assert renamed == session | {"name": "Ada L."}
    assert body(ada.get("/sessions/current")) == renamed
    assert body(ada.patch("/sessions/current", name=None))["name"] is None


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "A\0", 7])
def test_a_bad_name_is_refused(api: Api, ada: Person, name: Any) -> None:
    for answer in (
        api.http.post("/sessions", json={"name": name}),
        ada.patch("/sessions/current", name=name),
    ):
        assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == "name"
    problem(ada.patch("/sessions/current"), 422, "invalid-input")


def test_a_forgotten_session_leaves_nothing(ada: Person, bob: Person, api: Api, sql: Sql) -> None:
    chat, his = ada.chat(opening="Hello"), bob.chat(opening="Hello")
    reply = ada.send(chat, worker="w")
    ada.send(chat)
    api.store(reply, "Once")
    ada.delete(f"/chats/{ada.chat()}")
    assert ada.delete("/sessions/current").status_code == 204
    for table in ("sessions", "chats", "messages", "replies"):
        column = "id" if table == "sessions" else "session_id"
        left = sql(f"SELECT count(*) FROM {table} WHERE {column} = %s", ada.session_id)
        assert left == [(0,)], table
    assert api.store(reply, " upon", 4)["held"] is False
    problem(api.post_finish(reply, "late"), 409, "lease-lost")
    assert len(bob.messages(his)) == 1


def test_a_forgotten_session_is_answered_like_one_that_never_was(ada: Person, api: Api) -> None:
    chat = ada.chat()
    ada.delete("/sessions/current")
    nobody = Person(api.http, str(uuid4()))
    for person in (ada, nobody):
        answers = [
            person.get("/sessions/current"),
            person.get(f"/chats/{chat}"),
            person.post("/sessions/current/renew"),
            person.patch("/sessions/current", name="Ada"),
            person.delete("/sessions/current"),
        ]
        for answer in answers:
            problem(answer, 401, "session-ended")


def test_forgetting_may_take_longer_than_a_statement_usually_may(
    ada: Person, sql: Sql, serve_copy: ServeCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does when there are years of chats."""
    chat = ada.chat()
    sql(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.6); RETURN OLD; END $$"
    )
    sql("CREATE TRIGGER dawdle BEFORE DELETE ON chats FOR EACH ROW EXECUTE FUNCTION dawdle()")
    monkeypatch.setattr("app.db.STATEMENT_TIMEOUT_MS", 300)
    try:
        with serve_copy() as impatient:
            same = Person(impatient.http, ada.session_id)
            assert same.delete("/sessions/current").status_code == 204
    finally:
        sql("DROP FUNCTION dawdle CASCADE")
    assert sql("SELECT count(*) FROM chats WHERE id = %s", chat) == [(0,)]


def test_an_expired_session_opens_nothing(ada: Person, sql: Sql) -> None:
    sql("UPDATE sessions SET expires_at = now() - interval '1 second'")
    problem(ada.get("/chats"), 401, "session-ended")
    problem(ada.post("/sessions/current/renew"), 401, "session-ended")


def test_an_unknown_session_is_told_like_an_ended_one(api: Api) -> None:
    problem(Person(api.http, str(uuid4())).get("/chats"), 401, "session-ended")


@pytest.mark.parametrize("given", ["", "x", "123", "0" * 33, "'; DROP TABLE chats; --"])
def test_a_malformed_session_id_is_named(api: Api, given: str) -> None:
    found = problem(Person(api.http, given).get("/chats"), 422, "invalid-input")
    assert found["errors"][0]["field"] == "X-Session-ID"


def test_a_missing_session_id_is_named(api: Api) -> None:
    found = problem(api.http.get("/chats"), 422, "invalid-input")
    assert found["errors"][0]["field"] == "X-Session-ID"
