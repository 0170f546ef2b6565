"""The hot routes cost a small, fixed number of statements, however long the chat is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from app.messages.repository import BRANCH
from fastapi import FastAPI
from sqlalchemy import event, text

from tests.db_api.api import Api, Person
from tests.db_api.conftest import Sql

Count = Callable[[], Any]


@pytest.fixture
def counting(app: FastAPI) -> Callable[[], Any]:
    """``with counting() as statements``: what db-api sends to PostgreSQL meanwhile."""
    engine = app.state.database.engine

    @contextmanager
    def count() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        yield statements
        event.remove(engine, "before_cursor_execute", note)

    return count


def lengthen(sql: Sql, chat: str, messages: int) -> None:
    """Makes the chat as long as if people had written for months."""
    sql(
        """
        WITH RECURSIVE new AS (
            SELECT uuidv7() AS id, head AS parent_id, 1 AS n, session_id
            FROM chats WHERE id = %s
            UNION ALL SELECT uuidv7(), id, n + 1, session_id FROM new WHERE n < %s
        ), written AS (
            INSERT INTO messages (id, chat_id, session_id, seq, parent_id, role, content)
            SELECT id, %s, session_id, n + 1, parent_id,
                CASE n %% 2 WHEN 0 THEN 'assistant' ELSE 'user' END, 'text ' || n
            FROM new RETURNING id, seq
        )
        UPDATE chats SET head = (SELECT id FROM written ORDER BY seq DESC LIMIT 1) WHERE id = %s
        """,
        chat,
        messages,
        chat,
        chat,
    )
    sql("ANALYZE messages")


# The beginning of a person's transaction is one of them.
def test_the_hot_routes_stay_small(api: Api, ada: Person, counting: Count) -> None:
    chat = ada.chat(opening="Hello")
    with counting() as statements:
        reply = ada.send(chat, worker="w")
    assert len(statements) == 10
    with counting() as statements:
        api.store(reply, "Hello")
    assert len(statements) == 2
    with counting() as statements:
        ada.get(f"/chats/{chat}/messages")
    assert len(statements) == 3
    with counting() as statements:
        ada.get(f"/chats/{chat}/follow", since=3)
    assert len(statements) == 3
    with counting() as statements:
        ada.get("/chats")
    assert len(statements) == 2
    with counting() as statements:
        api.finish(reply, "!", offset=5, claim_next=True)
    assert len(statements) == 7
    with counting() as statements:
        api.claim()
    assert len(statements) == 2


def test_storing_for_many_replies_is_one_statement(api: Api, ada: Person, counting: Count) -> None:
    replies = [ada.send(ada.chat(), worker="w") for _ in range(4)]
    batches = [{"id": r, "offset": 0, "text": "x", "phase": "writing"} for r in replies]
    with counting() as statements:
        api.http.post("/replies/progress", json={"worker": "w", "replies": batches})
    assert len(statements) == 2


def test_a_page_of_a_long_chat_reads_no_more_than_of_a_short_one(
    app: FastAPI, ada: Person, sql: Sql
) -> None:
    def blocks_read(chat: str) -> int:
        """What PostgreSQL looks at for the newest page."""
        values = {"session_id": ada.session_id, "chat_id": chat, "since": 0, "limit": 50}
        with app.state.database.person(UUID(ada.session_id)) as connection:
            last = ada.messages(chat)[-1]["id"]
            explain = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {BRANCH}")
            plan = connection.execute(explain, {**values, "last": last}).scalar_one()[0]["Plan"]
        assert plan["Actual Rows"] == 50
        return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])

    short, long = ada.chat(opening="Hello"), ada.chat(opening="Hello")
    lengthen(sql, short, 60)
    lengthen(sql, long, 10_000)
    few, many = blocks_read(short), blocks_read(long)
    assert few < 1000
    assert many <= few * 1.2


def test_a_long_chat_is_deleted_in_a_moment(ada: Person, sql: Sql) -> None:
    chat = ada.chat(opening="Hello")
    lengthen(sql, chat, 10_000)
    assert ada.delete(f"/chats/{chat}").status_code == 204  # within the statement timeout
    assert sql("SELECT count(*) FROM messages") == [(0,)]
