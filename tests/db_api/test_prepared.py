"""Statements are planned once per connection, and no change of the tables breaks their plans."""

from typing import Any
from uuid import UUID

import pytest
from app.chats import repository as chats
from app.db import Database
from app.prepared import number_parameters
from app.settings import Settings
from sqlalchemy import event, text
from sqlalchemy.exc import NotSupportedError

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import ServeCopy, Sql

TABLES = ("sessions", "chats", "messages", "replies")


def test_a_parameter_has_one_number_wherever_it_stands() -> None:
    statement = "SELECT %(b)s, %(a)s::uuid WHERE x = %(b)s AND y LIKE 'z%%'"
    assert number_parameters(statement) == (
        "SELECT $1, $2::uuid WHERE x = $1 AND y LIKE 'z%%'",
        ["b", "a"],
    )


def test_a_statement_is_planned_once_per_connection(settings: Settings) -> None:
    database = Database(settings)
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    half = text("SELECT CAST(:whole AS integer) / 2, '50 %'")
    for whole in (6, 8):
        with database.nobody() as connection:
            assert connection.execute(half, {"whole": whole}).one() == (whole / 2, "50 %")
    database.close()
    planned = [statement for statement in sent if statement.startswith("PREPARE")]
    assert planned == ["PREPARE s0 AS SELECT CAST($1 AS integer) / 2, '50 %%'"]


def test_plans_do_not_depend_on_who_asks(settings: Settings, ada: Person) -> None:
    database = Database(settings)
    with database.person(UUID(ada.session_id)) as connection:
        chats.list_page(connection, UUID(ada.session_id), limit=1)
        plans = "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
        assert connection.exec_driver_sql(plans).all() == [(1, 0)]
    database.close()


def test_a_result_that_a_newer_copy_changed_is_only_away_for_a_moment(
    ada: Person, sql: Sql, serve_copy: ServeCopy
) -> None:
    chat = ada.chat()
    with serve_copy() as older:
        person = Person(older.http, ada.session_id)
        body(person.get(f"/chats/{chat}"))
        try:
            sql("ALTER TABLE chats ALTER COLUMN reply_tokens TYPE bigint")
            problem(person.get(f"/chats/{chat}"), 503, "database-unavailable")
            body(person.get(f"/chats/{chat}"))
        finally:
            sql("ALTER TABLE chats ALTER COLUMN reply_tokens TYPE integer")


def test_a_single_statement_is_prepared_anew_when_its_result_has_changed(
    settings: Settings, sql: Sql
) -> None:
    database = Database(settings)
    sql("CREATE TABLE changing (it integer)")
    sql("GRANT SELECT ON changing TO runner")

    def read() -> None:
        with database.runner_once() as connection:
            connection.execute(text("SELECT it FROM changing"))

    try:
        read()
        sql("ALTER TABLE changing ALTER COLUMN it TYPE bigint")
        with pytest.raises(NotSupportedError):
            read()
        read()
    finally:
        sql("DROP TABLE changing")
        database.close()


@pytest.fixture
def newer_tables(sql: Sql) -> Any:
    """``newer_tables()``: each gets a column, as a newer copy's migration would add."""

    def add() -> None:
        for table in TABLES:
            sql(f"ALTER TABLE {table} ADD COLUMN newer integer")

    yield add
    for table in TABLES:
        sql(f"ALTER TABLE {table} DROP COLUMN newer")


def test_a_copy_goes_on_while_a_newer_one_adds_columns(
    api: Api, ada: Person, newer_tables: Any
) -> None:
    chat = ada.chat(opening="Hello")

    def use_everything() -> None:
        reply = ada.send(chat, worker="w")
        api.store(reply, "Hello")
        for path in ("messages", "page", "follow", "prompt", "messages/all"):
            body(ada.get(f"/chats/{chat}/{path}"))
        api.finish(reply, "!", offset=5, claim_next=True)
        again = ada.ask_again(chat, reply, worker="w").json()["reply"]["id"]
        api.finish(again, "Hello", state="stopped")
        api.claim()
        body(ada.get("/chats"))
        body(ada.get("/search", q="hello"))
        body(ada.get("/sessions/current"))

    use_everything()
    newer_tables()
    use_everything()
