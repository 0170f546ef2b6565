"""The hot routes cost a small, fixed number of round trips, however long the chat is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from app.messages.branches import AROUND, FIND_PART, LEAF
from app.messages.repository import BRANCH
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, TextClause, event, text

from tests.db_api.api import Api, Person, body
from tests.db_api.conftest import Sql

Count = Callable[[], Any]
EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "


@contextmanager
def note_statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """What db-api sends to PostgreSQL meanwhile, with its parameters. A statement's PREPARE, once
    per connection, is left out, and so are COMMIT and what begins a transaction."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if not statement.startswith(("COMMIT", "PREPARE")):
            seen.append((statement.rpartition("; ")[2], parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def counting(app: FastAPI) -> Count:
    """``with counting() as statements``: those of db-api's one engine."""
    return lambda: note_statements(app.state.database.engine)


def explain(connection: Connection, statement: tuple[str, Any]) -> Any:
    """The plan by which it has just run, as it runs once more."""
    text, parameters = statement
    return connection.exec_driver_sql(EXPLAIN + text, parameters).scalar_one()[0]["Plan"]


def explain_text(connection: Connection, statement: str | TextClause, values: Any) -> Any:
    """As above, of a statement that has not run yet."""
    with note_statements(connection.engine) as seen:
        connection.execute(text(str(statement)), values)
    return explain(connection, seen[-1])


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
        UPDATE chats SET last_seq = %s + 1,
            head = (SELECT id FROM written ORDER BY seq DESC LIMIT 1)
        WHERE id = %s
        """,
        chat,
        messages,
        chat,
        messages,
        chat,
    )
    sql("ANALYZE messages")


# A transaction begins with its first statement; its COMMIT is one more.
def test_the_hot_routes_stay_small(api: Api, ada: Person, counting: Count) -> None:
    chat = ada.chat(opening="Hello")
    with counting() as statements:
        reply = ada.send(chat, worker="w")
    assert len(statements) == 5
    with counting() as statements:
        api.store(reply, "Hello")
    assert len(statements) == 1
    with counting() as statements:
        ada.get(f"/chats/{chat}/messages")
    assert len(statements) == 2
    with counting() as statements:
        ada.get(f"/chats/{chat}/page")
    assert len(statements) == 3
    with counting() as statements:
        ada.get(f"/chats/{chat}/follow", since=3)
    assert len(statements) == 2
    with counting() as statements:
        ada.get("/chats")
    assert len(statements) == 1
    with counting() as statements:
        ada.get("/search", q="hello")
    assert len(statements) == 1
    with counting() as statements:
        api.finish(reply, "!", offset=5, claim_next=True)
    assert len(statements) == 6
    with counting() as statements:
        api.claim()
    assert len(statements) == 1
    with counting() as statements:
        ada.ask_again(chat, reply, worker="w")
    assert len(statements) == 6


def test_storing_for_many_replies_is_one_statement(api: Api, ada: Person, counting: Count) -> None:
    replies = [ada.send(ada.chat(), worker="w") for _ in range(4)]
    batches = [{"id": r, "offset": 0, "text": "x", "phase": "writing"} for r in replies]
    with counting() as statements:
        api.http.post("/replies/progress", json={"worker": "w", "replies": batches})
    assert len(statements) == 1


def test_a_page_of_a_long_chat_reads_no_more_than_of_a_short_one(
    app: FastAPI, ada: Person, sql: Sql
) -> None:
    def blocks_read(chat: str) -> int:
        """What PostgreSQL looks at for the newest page."""
        values = {"session_id": ada.session_id, "chat_id": chat, "since": 0, "limit": 50}
        last = ada.messages(chat)[-1]["id"]
        with app.state.database.person(UUID(ada.session_id)) as connection:
            plan = explain_text(connection, BRANCH, {**values, "last": last})
        assert "'Actual Rows': 50.0" in str(plan)
        return blocks(plan)

    short, long = ada.chat(opening="Hello"), ada.chat(opening="Hello")
    lengthen(sql, short, 60)
    lengthen(sql, long, 10_000)
    few, many = blocks_read(short), blocks_read(long)
    assert few < 1000
    assert many <= few * 1.2


@pytest.fixture
def explain_last(app: FastAPI) -> Callable[..., Any]:
    """``explain_last(person, path)``: the plan of the last statement that answers it."""
    database = app.state.database

    def explain_route(person: Person, path: str, **params: Any) -> Any:
        with note_statements(database.engine) as seen:
            answer = person.get(path, **params)
        assert answer.status_code == 200, answer.text
        # The pool hands out the connection again that was given back last.
        with database.person(UUID(person.session_id)) as connection:
            return explain(connection, seen[-1])

    return explain_route


def blocks(plan: Any) -> int:
    """What PostgreSQL looked at."""
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def test_a_page_of_five_thousand_chats_is_read_by_the_index(
    ada: Person, bob: Person, sql: Sql, explain_last: Callable[..., Any]
) -> None:
    sql(
        "INSERT INTO chats (session_id, username, system_prompt, pinned, updated_at)"
        " SELECT s.id, 'Ada', '', mod(n, 100) = 0, now() - n * interval '1 minute'"
        " FROM sessions s, generate_series(1, 5000) AS n"
    )
    sql("ANALYZE chats")
    chats = body(ada.get("/chats", limit=200))["items"]
    assert [c["pinned"] for c in chats] == [True] * 50 + [False] * 150
    nexts = [body(ada.get("/chats", limit=limit))["next"] for limit in (21, 101)]
    for before in ({}, *({"before": place} for place in nexts)):
        plan = explain_last(ada, "/chats", limit=50, **before)
        assert plan["Actual Rows"] == 51
        assert "chats_session_id_pinned_updated_at_id_idx" in str(plan)
        assert "'Sort'" not in str(plan)
        assert blocks(plan) < 150


def test_a_page_in_the_middle_of_a_long_chat_is_read_by_indexes(
    app: FastAPI, ada: Person, sql: Sql
) -> None:
    chat = ada.chat(opening="Hello")
    lengthen(sql, chat, 10_000)
    ((middle,),) = sql("SELECT id::text FROM messages WHERE seq = 5000")
    page = body(ada.get(f"/chats/{chat}/messages", at=middle, limit=50))
    assert [m["seq"] for m in page["items"]] == list(range(4976, 5026))
    assert (page["later"], page["shown"]) == (True, True)
    head = body(ada.get(f"/chats/{chat}"))["head"]
    values = {"session_id": ada.session_id, "chat_id": chat, "head": head, "count": 27}
    values |= {"at": middle, "top": middle, "without": None, "message_id": middle}
    with app.state.database.person(UUID(ada.session_id)) as connection:
        for statement in (AROUND, LEAF, FIND_PART):
            plan = explain_text(connection, statement, values)
            assert "messages_parent_id_idx" in str(plan)
            assert "Seq Scan" not in str(plan)


def test_the_greater_part_of_a_long_chat_is_deleted_in_a_moment(ada: Person, sql: Sql) -> None:
    chat = ada.chat(opening="Hello")
    lengthen(sql, chat, 10_000)
    ((second,),) = sql("SELECT id::text FROM messages WHERE seq = 2")
    # Within the statement timeout.
    assert ada.delete(f"/chats/{chat}/messages/{second}").status_code == 200
    assert sql("SELECT count(*) FROM messages") == [(1,)]


def test_a_long_session_is_forgotten_in_a_moment(ada: Person, sql: Sql) -> None:
    chat = ada.chat(opening="Hello")
    lengthen(sql, chat, 10_000)
    assert ada.delete("/sessions/current").status_code == 204
    assert sql("SELECT count(*) FROM messages") == [(0,)]
