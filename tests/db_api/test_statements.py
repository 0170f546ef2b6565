"""The hot routes cost a small, fixed number of round trips, however long the chat is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from app.branches.page import AROUND
from app.branches.show import LEAF
from app.deleting.messages import FIND_PART
from app.messages.repository import BRANCH, IN_ORDER, PAGE_BYTES, RUN_BYTES
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, TextClause, event, text

from tests.db_api.api import Api, Person, body
from tests.db_api.conftest import Sql

EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "


@contextmanager
def note_statements(*engines: Engine) -> Iterator[list[tuple[str, Any]]]:
    """What db-api sends to PostgreSQL meanwhile, with its parameters. A statement's PREPARE, once
    per connection, is left out, and so are COMMIT and what begins a transaction."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        last = statement.rpartition("; ")[2]
        if not last.startswith(("COMMIT", "PREPARE")):
            seen.append((last, parameters))

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def explain(connection: Connection, statement: tuple[str, Any]) -> Any:
    """The plan by which it has just run, as it runs once more."""
    text, parameters = statement
    return connection.exec_driver_sql(EXPLAIN + text, parameters).scalar_one()[0]["Plan"]


def explain_text(connection: Connection, statement: str | TextClause, values: Any) -> Any:
    """As above, of a statement that has not run yet."""
    with note_statements(connection.engine) as seen:
        connection.execute(text(str(statement)), values)
    return explain(connection, seen[-1])


def blocks(plan: Any) -> int:
    """What PostgreSQL looked at."""
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


LENGTHEN = """
    WITH RECURSIVE new AS (
        SELECT uuidv7() AS id, head AS parent_id, 1 AS n, session_id, id AS chat_id
        FROM chats WHERE id = %s
        UNION ALL SELECT uuidv7(), id, n + 1, session_id, chat_id FROM new WHERE n < %s
    ), written AS (
        INSERT INTO messages (id, chat_id, session_id, seq, parent_id, role, content)
        SELECT id, chat_id, session_id, n + 1, parent_id,
            CASE n %% 2 WHEN 0 THEN 'assistant' ELSE 'user' END, 'text ' || n
        FROM new RETURNING id, seq, chat_id
    ), newest AS (SELECT * FROM written ORDER BY seq DESC LIMIT 1)
    UPDATE chats SET last_seq = newest.seq, head = newest.id
    FROM newest WHERE chats.id = newest.chat_id
"""


def write_long_chat(person: Person, sql: Sql, messages: int) -> str:
    """A chat as long as if people had written for months."""
    sql(LENGTHEN, chat := person.chat(opening="Hello"), messages)
    sql("ANALYZE messages")
    return chat


# A transaction begins with its first statement; its COMMIT is one more.
def test_the_hot_routes_stay_small(app: FastAPI, api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    ada.upload(b"x", chat=ada.chat())  # for documents of another chat nothing is asked
    reply = ada.send(chat, worker="w")
    another, other = ada.send(ada.chat(), worker="w"), ada.chat(opening="Hello")
    batches = [{"id": r, "offset": 0, "text": "Hello"} for r in (reply, another)]
    hot: dict[str, tuple[Callable[[], Any], int]] = {
        "store for many": (lambda: api.post_progress(*batches), 1),
        "messages": (lambda: ada.messages(chat), 2),
        "page": (lambda: ada.read(chat, "/page"), 3),
        "follow": (lambda: ada.read(chat, "/follow", since=3), 2),
        "list": (lambda: ada.chats(), 1),
        "begin": (lambda: ada.begun(worker="w", opening_message="Hello"), 6),
        "search": (lambda: ada.search("hello"), 2),
        "finish": (lambda: api.finish(reply, "!", offset=5, claim_next=True), 6),
        "claim": (lambda: api.claim(), 1),
        "regenerate": (lambda: ada.regenerate(chat, reply, worker="w"), 6),
        "send": (lambda: ada.sent(other, "Hi", worker="w"), 5),
    }
    for name, (call, expected) in hot.items():
        with note_statements(*app.state.database.engines.values()) as statements:
            call()
        assert len(statements) == expected, name


def test_a_page_of_a_long_chat_reads_no_more_than_of_a_short_one(
    app: FastAPI, ada: Person, sql: Sql
) -> None:
    chats = [write_long_chat(ada, sql, length) for length in (60, 10_000)]
    read = []
    for chat in chats:
        values = {"session_id": ada.session_id, "chat_id": chat, "last": ada.read(chat)["head"]}
        bounds = {"since": 0, "limit": 50, "bytes": PAGE_BYTES}
        with app.state.database.person(UUID(ada.session_id)) as connection:
            plan = explain_text(connection, BRANCH, values | bounds)
        assert "'Actual Rows': 50.0" in str(plan)
        read.append(blocks(plan))
    assert read[1] <= read[0] * 1.2 < 1200
    ((middle,),) = sql("SELECT id::text FROM messages WHERE seq = 5000")
    page = ada.read(chats[1], "/messages", at=middle, limit=50)
    assert [m["seq"] for m in page["items"]] == list(range(4976, 5026))
    assert (page["later"], page["shown"]) == (True, True)
    values |= dict.fromkeys(("at", "top", "message_id"), middle)
    values |= {"head": values["last"], "count": 27, "without": []}
    with app.state.database.person(UUID(ada.session_id)) as connection:
        for statement in (AROUND, LEAF, FIND_PART):
            plan = explain_text(connection, statement, values)
            assert "messages_parent_id_idx" in str(plan)
            assert "Seq Scan" not in str(plan)


def test_an_export_counts_thousands_of_versions_once_a_page(
    app: FastAPI, ada: Person, sql: Sql
) -> None:
    many = ada.chat(opening="Hello")
    sql(
        "INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content)"
        " SELECT id, session_id, n, head, 'user', 'Hi' FROM chats, generate_series(2, 3001) AS n"
    )
    read = []
    for chat in (write_long_chat(ada, sql, 3000), many):
        values = {"session_id": ada.session_id, "chat_id": chat, "after": 1500, "limit": 200}
        with app.state.database.person(UUID(ada.session_id)) as connection:
            plan = explain_text(connection, IN_ORDER, values | {"bytes": RUN_BYTES})
        read.append(blocks(plan))
    assert read[1] < read[0] + 3000, "each of 200 would look for 3000"
    told = ada.read(many, "/messages/all", after=1500)["items"][0]["version"]
    assert (told["number"], told["count"]) == (1500, 3000)


def test_a_page_of_five_thousand_chats_is_read_by_the_index(
    app: FastAPI, ada: Person, bob: Person, sql: Sql
) -> None:
    sql(
        "INSERT INTO chats (session_id, username, system_prompt, last_seq, pinned, updated_at)"
        " SELECT s.id, 'Ada', '', 2, mod(n, 100) = 0, now() - n * interval '1 minute'"
        " FROM sessions s, generate_series(1, 5000) AS n"
    )
    sql("ANALYZE chats")
    database = app.state.database
    pinned = [chat["pinned"] for chat in body(ada.get("/chats", limit=200))["items"]]
    assert pinned == [True] * 50 + [False] * 150
    nexts = [body(ada.get("/chats", limit=limit))["next"] for limit in (21, 101)]
    for before in ({}, *({"before": cursor} for cursor in nexts)):
        with note_statements(database.engines["app"]) as seen:
            body(ada.get("/chats", limit=50, **before))
        # The pool hands out the connection again that was given back last.
        with database.person(UUID(ada.session_id)) as connection:
            plan = explain(connection, seen[-1])
        assert plan["Actual Rows"] == 51
        assert "chats_session_id_pinned_updated_at_id_idx" in str(plan)
        assert "'Sort'" not in str(plan)
        assert blocks(plan) < 5 * 51, "more than a few blocks for each chat"


@pytest.mark.parametrize("what", ["messages", "session"])
def test_ten_thousand_messages_are_deleted_within_one_statement_s_time(
    ada: Person, sql: Sql, what: str
) -> None:
    chat = write_long_chat(ada, sql, 10_000)
    ((second,),) = sql("SELECT id::text FROM messages WHERE seq = 2")
    assert ada.delete(
        f"/chats/{chat}/messages/{second}" if what == "messages" else "/sessions/current"
    ).is_success
    assert sql("SELECT count(*) FROM messages") == [(int(what == "messages"),)]
