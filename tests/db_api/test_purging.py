"""What was deleted or forgotten a day ago goes for good, in small steps, one copy at a time."""

import logging
import time
from typing import Any

import pytest
from app.purging import PURGE, purge
from fastapi import FastAPI
from sqlalchemy import text

from tests.db_api.api import Api, Person, problem
from tests.db_api.conftest import ServeCopy, Sql, make_settings, serve_api
from tests.support.postgres import Postgres


def ago(sql: Sql, table: str, column: str, row: str, hours: int) -> None:
    """Lets it have happened some hours ago."""
    sql(
        f"UPDATE {table} SET {column} = now() - make_interval(hours => %s) WHERE id = %s",
        hours,
        row,
    )


def left(sql: Sql, table: str) -> set[Any]:
    return {row for (row,) in sql(f"SELECT id::text FROM {table}")}


def test_a_chat_deleted_a_day_ago_goes(app: FastAPI, ada: Person, sql: Sql) -> None:
    old, new, kept = (ada.chat(opening="Hello") for _ in range(3))
    ada.send(old)
    for chat in (old, new):
        ada.delete(f"/chats/{chat}")
    ago(sql, "chats", "deleted_at", old, 25)
    ago(sql, "chats", "deleted_at", new, 23)
    assert purge(app.state.database) == 1
    assert left(sql, "chats") == {new, kept}
    assert sql("SELECT count(*) FROM messages") == [(2,)]
    problem(ada.post(f"/chats/{old}/restore"), 404, "chat-not-found")
    assert ada.post(f"/chats/{new}/restore").status_code == 200


@pytest.mark.parametrize("column", ["expires_at", "revoked_at"])
def test_a_session_over_for_a_day_goes_with_all_it_had(
    app: FastAPI, api: Api, ada: Person, bob: Person, sql: Sql, column: str
) -> None:
    eve = api.person()
    for person in (ada, bob, eve):
        person.send(person.chat(), worker="w")
    ago(sql, "sessions", column, ada.session_id, 25)
    ago(sql, "sessions", column, bob.session_id, 23)
    assert purge(app.state.database) == 2
    assert left(sql, "sessions") == {bob.session_id, eve.session_id}
    for table in ("chats", "messages", "replies"):
        owners = sql(f"SELECT DISTINCT session_id::text FROM {table}")
        assert {owner for (owner,) in owners} == {bob.session_id, eve.session_id}


def test_a_step_is_bounded_by_messages(app: FastAPI, ada: Person, sql: Sql) -> None:
    chats = [ada.chat() for _ in range(5)]
    sql("UPDATE chats SET deleted_at = now() - interval '2 days', last_seq = 6000")
    with app.state.database.runner() as connection:
        assert connection.execute(PURGE).scalar_one() == 2
    assert left(sql, "chats") == set(chats[2:])
    assert purge(app.state.database) == 3
    assert left(sql, "chats") == set()


def test_a_step_is_bounded_by_sessions(app: FastAPI, sql: Sql) -> None:
    sql(
        "INSERT INTO sessions (expires_at) SELECT now() - interval '2 days'"
        " FROM generate_series(1, 150)"
    )
    with app.state.database.runner() as connection:
        assert connection.execute(PURGE).scalar_one() == 100
    assert purge(app.state.database) == 50


def test_one_copy_at_a_time_and_none_waits(app: FastAPI, ada: Person, sql: Sql) -> None:
    ago(sql, "sessions", "expires_at", ada.session_id, 25)
    database = app.state.database
    with database.nobody() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(7035003)"))
        began = time.monotonic()
        assert purge(database) == 0
        assert time.monotonic() - began < 1
    assert purge(database) == 1


def test_a_copy_that_starts_cleans_up(ada: Person, serve_copy: ServeCopy, sql: Sql) -> None:
    ago(sql, "sessions", "expires_at", ada.session_id, 25)
    with serve_copy():
        deadline = time.monotonic() + 5
        while left(sql, "sessions") and time.monotonic() < deadline:
            time.sleep(0.02)
    assert left(sql, "sessions") == set()


def test_it_is_done_again_and_again(
    ada: Person, serve_copy: ServeCopy, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.purging.HOUR_S", 0.05)
    with serve_copy():
        time.sleep(0.3)
        ago(sql, "sessions", "expires_at", ada.session_id, 25)
        deadline = time.monotonic() + 5
        while left(sql, "sessions") and time.monotonic() < deadline:
            time.sleep(0.02)
    assert left(sql, "sessions") == set()


def test_what_goes_wrong_is_a_line_in_the_log_and_no_more(
    postgres: Postgres, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.purging.HOUR_S", 0.05)
    empty = postgres.create_database()  # not migrated: there is no such function
    with (
        caplog.at_level(logging.DEBUG, logger="parley"),
        serve_api(make_settings(postgres, empty)) as (api, _),
    ):
        deadline = time.monotonic() + 5
        while len(caplog.records) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert api.http.get("/health").status_code == 200
    postgres.drop_database(empty)
    lines = [r.getMessage() for r in caplog.records if r.name == "parley"]
    assert len(lines) >= 2, "it goes on trying"
    assert lines[0].startswith("purging: ProgrammingError at purging.py:")
