"""What was deleted or has expired a day ago goes for good, in small steps, one copy at a time."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from app.db.transactions import Database
from app.deleting.purge import PURGE, purge
from sqlalchemy import text

from tests.db_api.api import Api, Person, problem
from tests.db_api.conftest import TABLES, ServeCopy, Sql, new_database, serve_api
from tests.db_api.documents import keep_document, quote_document, send_picture
from tests.support.postgres import Postgres
from tests.support.waiting import wait_until


def ago(sql: Sql, table: str, column: str, row: str, hours: int = 25) -> None:
    """Lets it have happened some hours ago."""
    sql(f"UPDATE {table} SET {column} = now() - interval '{hours} h' WHERE id = %s", row)


def left(sql: Sql, table: str, column: str = "id") -> set[Any]:
    return {row for (row,) in sql(f"SELECT {column}::text FROM {table}")}


def purge_step(database: Database) -> int:
    with database.runner() as connection:
        return int(connection.execute(PURGE).scalar_one())


def test_a_chat_deleted_a_day_ago_goes(database: Database, ada: Person, sql: Sql) -> None:
    old, new, kept = (ada.chat(opening="Hello") for _ in range(3))
    ada.send(old)
    for chat, hours in ((old, 25), (new, 23)):
        ada.delete(f"/chats/{chat}")
        ago(sql, "chats", "deleted_at", chat, hours)
    assert purge(database) == 1
    assert left(sql, "chats") == left(sql, "messages", "chat_id") == {new, kept}
    problem(ada.post(f"/chats/{old}/restore"), 404, "chat-not-found")
    assert ada.post(f"/chats/{new}/restore").status_code == 200


@pytest.mark.parametrize("column", ["expires_at", "revoked_at"])
def test_a_session_over_for_a_day_goes_with_all_it_had(
    database: Database, api: Api, ada: Person, bob: Person, sql: Sql, column: str
) -> None:
    eve = api.person()
    for person in (ada, bob, eve):
        person.make_token()
        reply = person.send(chat := person.chat(), worker="w")
        document = keep_document(sql, chat).document
        quote_document(sql, reply, document)
        send_picture(sql, reply, document)
    ago(sql, "sessions", column, ada.session_id)
    ago(sql, "sessions", column, bob.session_id, 23)
    assert purge(database) == 2, "the document's file goes with its session"
    kept = {t: left(sql, t, "id" if t == "sessions" else "session_id") for t in TABLES}
    assert kept == {table: {bob.session_id, eve.session_id} for table in TABLES}


@pytest.mark.parametrize("column", ["expires_at", "revoked_at"])
def test_a_token_that_ended_a_day_ago_goes(
    database: Database, ada: Person, sql: Sql, column: str
) -> None:
    old, new, kept = (ada.make_token()["id"] for _ in range(3))
    ago(sql, "tokens", column, old)
    ago(sql, "tokens", column, new, 23)
    assert (purge(database), left(sql, "tokens")) == (1, {new, kept})


def test_what_is_not_over_is_kept_without_the_policies_too(
    bob: Person, chat: str, sql: Sql
) -> None:
    bob.make_token()
    shared, in_library, draft = (
        keep_document(sql, chat, content) for content in (b"a", b"b", b"c")
    )
    sql("UPDATE documents SET in_library = true WHERE id = %s", in_library.document)
    sql("UPDATE documents SET draft_of = %s WHERE id = %s", chat, draft.document)
    sql("DELETE FROM chat_documents WHERE document_id <> %s", shared.document)
    assert sql("SELECT purge_deleted() + purge_files()") == [(0,)]


def test_a_step_is_bounded_by_messages_and_sessions(
    database: Database, ada: Person, sql: Sql
) -> None:
    chats = [ada.chat() for _ in range(5)]
    sql("UPDATE chats SET deleted_at = now() - interval '2 days', last_seq = 6000")
    ago(sql, "sessions", "expires_at", ada.session_id)
    assert purge_step(database) == 2
    assert left(sql, "chats") == set(chats[2:])
    assert (purge(database), left(sql, "chats")) == (3 + 1, set()), "then the session"
    sql(
        "INSERT INTO sessions (expires_at)"
        " SELECT now() - interval '2 days' FROM generate_series(1, 150)"
    )
    assert (purge_step(database), purge(database)) == (100, 50)


def test_one_copy_at_a_time_and_none_waits(database: Database, ada: Person, sql: Sql) -> None:
    ago(sql, "sessions", "expires_at", ada.session_id)
    with database.unauthenticated() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(7035003)"))
        assert purge(database) == 0
    assert purge(database) == 1


def test_files_are_purged_while_nobody_gives_them_to_a_chat(
    database: Database, hold: Callable[..., None], sql: Sql
) -> None:
    waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    hold("SELECT pg_advisory_xact_lock(7035004)")
    with ThreadPoolExecutor() as pool:
        purged = pool.submit(purge, database)
        wait_until(lambda: len(sql(waits)) == 1)
        hold("ROLLBACK")
        assert purged.result() == 0


@pytest.mark.parametrize(("pause", "times"), [(1000, 1), (0.05, 2)])
def test_every_copy_cleans_up_when_it_starts_and_again_and_again(
    api: Api,
    serve_copy: ServeCopy,
    sql: Sql,
    monkeypatch: pytest.MonkeyPatch,
    pause: float,
    times: int,
) -> None:
    monkeypatch.setattr("app.deleting.purge.HOUR_S", pause)
    sessions = [api.person().session_id for _ in range(times)]
    ago(sql, "sessions", "expires_at", sessions[0])
    with serve_copy():
        wait_until(lambda: sessions[0] not in left(sql, "sessions"))
        ago(sql, "sessions", "expires_at", sessions[-1])
        wait_until(lambda: left(sql, "sessions") == set())


def test_what_goes_wrong_is_a_line_in_the_log_and_no_more(
    postgres: Postgres, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.deleting.purge.HOUR_S", 0.05)
    with (
        caplog.at_level(logging.DEBUG, logger="parley"),
        new_database(postgres, revision=None) as empty,  # which no login may enter
        serve_api(empty) as (api, _),
    ):
        wait_until(lambda: len(caplog.records) >= 2)  # it keeps trying
        assert api.http.get("/health").status_code == 200
    found = [r.getMessage() for r in caplog.records if r.name == "parley"]
    assert found[0].startswith("purging: OperationalError at db/transactions.py:")
