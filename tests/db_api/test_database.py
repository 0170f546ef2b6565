"""db-api's way to the database: who acts in a transaction, when it begins, what it costs, and
statements that are planned once per connection and survive a change of the tables."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from uuid import UUID

import pytest
from app.db.prepared import number_parameters
from app.db.transactions import Database, acting_as_person, divide_pool
from sqlalchemy import Connection, text
from sqlalchemy.exc import NotSupportedError, OperationalError, ProgrammingError
from sqlalchemy.pool import QueuePool

from tests.db_api.api import Api, Person, problem
from tests.db_api.conftest import TABLES, ServeCopy, Sql

TOLD = re.compile(r'db-api;dur=([\d.]+), sql;dur=([\d.]+);desc="(\d+) round trips"')
WHO = "SELECT session_user, current_user, current_setting('app.session_id', true)"


def ask_who(connection: Connection) -> tuple[str, str, str]:
    login, role, session = connection.exec_driver_sql(WHO).one()
    return login, role, session or ""


def test_everybody_is_somebody_else_and_nothing_is_left_of_who_was_interrupted(
    database: Database, ada: Person
) -> None:
    session = UUID(ada.session_id)
    with database.person(session) as connection:
        assert ask_who(connection) == ("parley_app", "app", ada.session_id)
    with database.runner() as connection:
        assert ask_who(connection) == ("parley_runner", "runner", "")
        with acting_as_person(connection, session):
            assert ask_who(connection) == ("parley_runner", "app", ada.session_id)
        assert ask_who(connection)[:2] == ("parley_runner", "runner")
    with database.reader() as connection:
        assert ask_who(connection) == ("parley_reader", "reader", "")
    interrupted = {"app": database.person(session), "runner": database.runner_statement()}
    for login, transaction in interrupted.items():
        # Before its first statement, with which it would have begun.
        with pytest.raises(KeyboardInterrupt), transaction:
            raise KeyboardInterrupt
        with database._transaction(login, "BEGIN") as connection:
            assert ask_who(connection) == (f"parley_{login}", f"parley_{login}", "")


def test_one_statement_commits_itself_and_the_next_has_no_role(
    database: Database, api: Api, running: str
) -> None:
    read = "SELECT text FROM replies"
    with database.runner_statement() as connection:
        connection.exec_driver_sql(
            f"UPDATE replies SET text = 'kept' WHERE message_id = '{running}'"
        )
        with database.runner() as other:
            assert other.exec_driver_sql(read).scalar_one() == "kept"
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.exec_driver_sql(read)
    assert 'desc="1 round trips"' in api.post_progress().headers["server-timing"]


def test_a_transaction_that_the_database_ends_says_so_and_the_next_one_works(
    database: Database, sql: Sql
) -> None:
    def be_interrupted() -> None:
        with database.unauthenticated() as connection:
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            sql("SELECT pg_terminate_backend(%s)", backend)
            ask_who(connection)

    with pytest.raises(OperationalError):
        be_interrupted()
    with database.unauthenticated() as connection:
        ask_who(connection)


def test_an_answer_says_how_long_it_took_and_how_many_round_trips(
    api: Api, ada: Person, chat: str
) -> None:
    answers = [
        *(ada.get(path) for path in ("/health", f"/chats/{chat}", f"/chats/{chat}/page")),
        api.http.get("/chats"),  # refused ones, too
    ]
    told = [TOLD.fullmatch(answer.headers["server-timing"]) for answer in answers]
    # A transaction begins with its first statement; its COMMIT is one more round trip.
    assert [one and int(one[3]) for one in told] == [0, 2, 3, 0]
    assert all(one and float(one[1]) >= float(one[2]) >= 0 for one in told)


def test_a_parameter_has_one_number_wherever_it_stands() -> None:
    assert number_parameters("SELECT %(b)s, %(a)s::uuid WHERE x = %(b)s AND y LIKE 'z%%'") == (
        "SELECT $1, $2::uuid WHERE x = $1 AND y LIKE 'z%%'",
        ["b", "a"],
    )


def test_a_statement_is_planned_once_per_connection_whoever_asks(
    database: Database, ada: Person
) -> None:
    half = text("SELECT CAST(:whole AS integer) / 2, '50 %'")
    plans = "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements"
    for whole in (6, 8):
        with database.person(UUID(ada.session_id)) as connection:
            assert connection.execute(half, {"whole": whole}).one() == (whole / 2, "50 %")
            planned = connection.exec_driver_sql(plans).all()
    assert planned == [("PREPARE s0 AS SELECT CAST($1 AS integer) / 2, '50 %'", 2, 0)]


def test_a_statement_that_brings_another_is_not_sent(database: Database, ada: Person) -> None:
    """That other one would stay in the connection, and act in the name of whoever comes next."""
    injected = text("SELECT 1; DEALLOCATE ALL; PREPARE s0 AS SELECT 2")
    with (
        pytest.raises(ValueError, match="one statement"),
        database.person(UUID(ada.session_id)) as connection,
    ):
        connection.execute(injected)


OPEN = "SELECT usename::text, count(*) FROM pg_stat_activity WHERE application_name = 'counted'"


def test_connections_are_as_many_as_one_login_would_have(
    database: Database, sql: Sql, ada: Person
) -> None:
    begin: dict[str, Callable[[], AbstractContextManager[Connection]]] = {
        "app": partial(database.person, UUID(ada.session_id)),
        "runner": database.runner,
        "reader": database.reader,
    }
    with ExitStack() as opened:
        for login, size in divide_pool(10).items():
            for _ in range(size):
                connection = opened.enter_context(begin[login]())
                connection.exec_driver_sql("SET LOCAL application_name = 'counted'")
            pool = database.engines[login].pool
            assert isinstance(pool, QueuePool)
            assert (pool.size(), pool.overflow()) == (size, 0)
        found = sql(f"{OPEN} GROUP BY usename ORDER BY usename")
    assert found == [("parley_app", 5), ("parley_reader", 2), ("parley_runner", 3)]
    sizes = (1, 2, 3, 4, 5, 10, 200)
    assert [sum(divide_pool(size).values()) for size in sizes] == [3, 3, *sizes[2:]]


@pytest.fixture
def alter(sql: Sql) -> Iterator[Callable[..., None]]:
    """Alters tables as a newer copy's migration would, until the test ends."""
    with ExitStack() as undo:

        def change(tables: tuple[str, ...], change: str, back: str) -> None:
            for table in tables:
                sql(f"ALTER TABLE {table} {change}")
                undo.callback(sql, f"ALTER TABLE {table} {back}")

        yield change


def test_a_result_that_a_newer_copy_changed_is_only_away_for_a_moment(
    database: Database, ada: Person, chat: str, alter: Callable[..., None], serve_copy: ServeCopy
) -> None:
    def read() -> None:
        with database.runner_statement() as connection:
            connection.execute(text("SELECT reply_tokens FROM chats"))

    with serve_copy() as older:
        person = ada.at(older)
        read()
        person.read(chat)
        alter(("chats",), "ALTER reply_tokens TYPE bigint", "ALTER reply_tokens TYPE integer")
        with pytest.raises(NotSupportedError):
            read()
        problem(person.get(f"/chats/{chat}"), 503, "database-unavailable")
        read()
        person.read(chat)


def test_a_copy_goes_on_while_a_newer_one_adds_columns(
    api: Api, ada: Person, chat: str, alter: Callable[..., None]
) -> None:
    def use_everything() -> None:
        reply = ada.send(chat, worker="w")
        api.store(reply, "Hello")
        for part in ("", "/messages", "/page", "/follow", "/prompt", "/messages/all"):
            ada.read(chat, part)
        api.finish(reply, "!", offset=5, claim_next=True)
        api.finish(ada.regenerate(chat, reply, worker="w")["reply"]["id"], "Hello", state="stopped")
        assert (api.claim(), ada.chats(), len(ada.search("hello")) > 1) == (None, [chat], True)
        assert ada.get("/sessions/current").is_success

    use_everything()
    alter(TABLES, "ADD COLUMN newer integer", "DROP COLUMN newer")
    use_everything()
