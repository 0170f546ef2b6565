"""Sessions begin, are renewed, and end."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import Sql


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


def test_an_ended_session_opens_nothing(ada: Person) -> None:
    chat = ada.chat()
    assert ada.delete("/sessions/current").status_code == 204
    problem(ada.get(f"/chats/{chat}"), 401, "session-ended")
    problem(ada.get("/sessions/current"), 401, "session-ended")


def test_an_ended_session_cannot_be_renewed(ada: Person) -> None:
    ada.delete("/sessions/current")
    problem(ada.post("/sessions/current/renew"), 401, "session-ended")


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
