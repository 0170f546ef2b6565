"""Statements are planned once per connection, and no change of the tables breaks their plans."""

from typing import Any

import pytest
from app.db import Database
from app.prepared import number_parameters
from sqlalchemy import event, text

from tests.db_api.api import Api, Person, body
from tests.db_api.conftest import Settings, Sql

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
    half = text("SELECT CAST(:whole AS integer) / 2, 'a' LIKE '%'")
    for whole in (6, 8):
        with database.nobody() as connection:
            assert connection.execute(half, {"whole": whole}).one() == (whole / 2, True)
    database.close()
    planned = [statement for statement in sent if statement.startswith("PREPARE")]
    assert planned == ["PREPARE s0 AS SELECT CAST($1 AS integer) / 2, 'a' LIKE '%%'"]


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
