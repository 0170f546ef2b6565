"""Transactions: who acts in them, when they begin, and what they cost beside their statements."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from app.db import Database, act_as
from app.settings import Settings
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from tests.db_api.api import Api, Person
from tests.db_api.conftest import Sql

WHO = "SELECT current_user, current_setting('app.session_id', true)"


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings)
    yield database
    database.close()


def ask_who(connection: Connection) -> tuple[str, str]:
    role, session = connection.exec_driver_sql(WHO).one()
    return role, session


def test_everybody_is_somebody_else(database: Database, ada: Person) -> None:
    me = UUID(ada.session_id)
    with database.nobody() as connection:
        login, _ = ask_who(connection)
    with database.person(me) as connection:
        assert ask_who(connection) == ("app", ada.session_id)
        act_as(connection, "runner")
        assert ask_who(connection) == ("runner", ada.session_id)
    with database.runner() as connection:
        assert ask_who(connection) == ("runner", "")
    with database.nobody() as connection:
        assert ask_who(connection) == (login, "")


def test_nothing_is_left_of_who_was_interrupted_before_the_first_statement(
    database: Database, ada: Person
) -> None:
    with database.nobody() as connection:
        nobody = ask_who(connection)
    for interrupted in (database.person(UUID(ada.session_id)), database.runner_once()):
        with pytest.raises(KeyboardInterrupt), interrupted:
            raise KeyboardInterrupt
        with database.nobody() as connection:
            assert ask_who(connection)[0] == nobody[0]
            assert not ask_who(connection)[1]


def test_one_statement_commits_itself_and_the_next_is_nobody_s(
    database: Database, api: Api, ada: Person
) -> None:
    reply = ada.send(ada.chat(), worker="w")
    write = f"UPDATE replies SET text = 'kept' WHERE message_id = '{reply}'"
    with database.runner_once() as connection:
        connection.exec_driver_sql(write)
        with database.runner() as other:
            assert other.exec_driver_sql("SELECT text FROM replies").scalar_one() == "kept"
        assert connection.exec_driver_sql("SELECT text FROM replies").all() == []
    stored = api.http.post("/replies/progress", json={"worker": "w", "replies": []})
    assert 'desc="1 round trips"' in stored.headers["server-timing"]


def test_a_transaction_that_the_database_ends_says_so_and_the_next_one_works(
    database: Database, sql: Sql
) -> None:
    def be_interrupted() -> None:
        with database.nobody() as connection:
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            sql("SELECT pg_terminate_backend(%s)", backend)
            ask_who(connection)

    with pytest.raises(OperationalError):
        be_interrupted()
    with database.nobody() as connection:
        ask_who(connection)
