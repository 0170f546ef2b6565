"""What injected statements could do, with each login, in a transaction as db-api begins it.

The database is in a stranger's hands then. Whatever it is told, it refuses, or it shows nothing of
others and changes nothing of theirs.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from app.db.logins import LOGINS
from app.db.transactions import Database
from app.settings import Settings
from sqlalchemy import text

from tests.db_api.api import Api, Person
from tests.db_api.conftest import TABLES, Sql
from tests.db_api.row_security.catalogue import describe
from tests.db_api.row_security.conftest import enter
from tests.db_api.row_security.statements import HARMLESS, OTHERS, POWERS

MEANT = Path(__file__).with_name("meant.txt")
EVERYTHING = "SELECT concat({}) AS seen".format(
    ", ".join(f"(SELECT string_agg(t::text, ' ') FROM {table} t)" for table in TABLES)
)
DENIED = "42501"  # insufficient_privilege


def test_the_catalogue_is_as_meant(sql: Sql) -> None:
    """One that differs on purpose is a changed line of meant.txt, for somebody to read."""
    assert describe(sql) == MEANT.read_text().splitlines()


class Injected:
    """A connection of a login's, in the middle of a transaction that db-api began for Bob."""

    def __init__(self, connection: Any, login: str, session: str) -> None:
        self._connection, self._cursor = connection, connection.cursor()
        self._begin = f"BEGIN; SET LOCAL ROLE {login}; SET LOCAL app.session_id = '{session}'"

    def send(self, statement: str) -> tuple[str | None, str]:
        """How it is refused, if it is, and all that is shown."""
        self._cursor.execute(f"ROLLBACK; {self._begin}")
        self._connection.notices.clear()
        code, rows = None, ""
        try:
            self._cursor.execute(statement)
            rows = str(self._cursor.fetchall()) if self._cursor.description else ""
        except psycopg2.Error as error:
            code, rows = error.pgcode, str(error)
        return code, rows + str(self._connection.notices)


@pytest.fixture
def inject(settings: Settings, bob: Person, request: pytest.FixtureRequest) -> Iterator[Injected]:
    login = getattr(request, "param", "app")
    with closing(enter(settings.login_url(login))) as connection:
        connection.autocommit = True
        yield Injected(connection, login, bob.session_id)


@pytest.mark.parametrize("inject", LOGINS, indirect=True)
def test_no_login_has_a_power(inject: Injected, sql: Sql) -> None:
    before = describe(sql)
    got = {power: inject.send(power)[0] for power in POWERS}
    again = {power: inject.send(f"RESET ROLE; {power}")[0] for power in POWERS}
    assert {p: c for p, c in got.items() if c != DENIED} == {}
    assert {p: c for p, c in again.items() if c != DENIED} == {}
    assert describe(sql) == before


@pytest.mark.parametrize(
    ("inject", "login"), [(each, each) for each in OTHERS], indirect=["inject"]
)
def test_a_login_is_good_for_its_own_purpose_only(
    inject: Injected, login: str, settings: Settings, sql: Sql
) -> None:
    with closing(enter(settings.login_url("runner"))):  # there is one to be ended
        for statement in OTHERS[login]:
            runners = (
                "(SELECT pid FROM pg_stat_activity WHERE usename = 'parley_runner') AS runners"
            )
            code, _ = inject.send(statement.replace("FROM runners", f"FROM {runners}"))
            assert code == DENIED, statement


def test_whatever_is_injected_shows_nothing_of_others_and_changes_nothing(
    inject: Injected, api: Api, hers: dict[str, str], settings: Settings, sql: Sql
) -> None:
    word = "secret"
    sql("ANALYZE")
    rows = {table: sql(f"SELECT t::text FROM {table} t ORDER BY 1") for table in TABLES}
    assert word in str(rows)
    words = {word, *hers.values()}
    with closing(enter(settings.login_url("app"))) as other:
        cursor = other.cursor()
        cursor.execute(f"SET LOCAL app.session_id = '{hers['session']}'; SELECT '{word}'")
        for statement in HARMLESS:
            told = statement.format(word=word, **hers)
            for tried in (
                told,
                f"{told}; {EVERYTHING}",
                f"{told}; SET LOCAL ROLE app; {EVERYTHING}",
            ):
                _, shown = inject.send(tried)
                given = {value for value in words if value in told}
                assert not [value for value in words - given if value in shown], tried
                assert shown.count(word) <= told.count(word), tried
    inject.send("ROLLBACK")
    assert {table: sql(f"SELECT t::text FROM {table} t ORDER BY 1") for table in TABLES} == rows


def test_nobody_claims_another_s_reply(
    inject: Injected, ada: Person, bob: Person, sql: Sql
) -> None:
    reply = ada.send(ada.chat(), "secret")
    bob.send(bob.chat(), "his own")
    his = f"SET LOCAL app.session_id = '{bob.session_id}'; SELECT * FROM claim_own_reply('w', 99,"
    assert reply not in inject.send(f"{his} '{reply}')")[1]
    for asked in (f"'{reply}'", "NULL"):
        assert inject.send(f"SELECT * FROM claim_own_reply('w', 99, {asked})") == (None, "[][]")
    own = f"SET LOCAL app.session_id = '{ada.session_id}'; SELECT * FROM claim_own_reply('w', 99,"
    assert reply in inject.send(f"{own} '{reply}')")[1]


def test_whoever_knows_the_id_of_a_session_is_that_session(
    inject: Injected, hers: dict[str, str]
) -> None:
    """It is the key, as it is for the cookie; so it is shown to nobody else (see above), and nobody
    guesses 62 random bits."""
    _, shown = inject.send(f"SET LOCAL app.session_id = '{hers['session']}'; {EVERYTHING}")
    assert "secret" in shown


def test_nothing_of_a_person_is_left_in_the_connection_for_the_next(
    database: Database, ada: Person, bob: Person
) -> None:
    look = text("SELECT current_user, current_setting('app.session_id', true)")
    with database.person(UUID(ada.session_id)) as connection:
        kept = text(
            "SELECT set_config('app.session_id', :id, false), set_config('role', 'app', false)"
        )
        connection.execute(kept, {"id": ada.session_id})
    with database.person(UUID(bob.session_id)) as connection:
        assert connection.execute(look).one() == ("app", bob.session_id)
    with database.new_session() as (connection, new):
        assert connection.execute(look).one() == ("app", str(new))
