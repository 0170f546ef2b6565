"""The database itself keeps people apart, tried as the roles that the policies bind.

None of these statements names an owner: it is what a forgotten WHERE would do.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from app.settings import Settings
from psycopg2.errors import InsufficientPrivilege

from tests.db_api.api import Api, Person
from tests.db_api.conftest import Sql

TABLES = ("sessions", "chats", "messages", "replies")
Act = Callable[[str], Any]


@contextmanager
def acting(settings: Settings, role: str | None, session_id: str | None = None) -> Iterator[Act]:
    """A transaction as db-api begins it; the answer of ``act`` is rows, or how many changed."""
    connection = psycopg2.connect(
        host=settings.db_host,
        port=settings.db_port,
        user=settings.db_user,
        dbname=settings.db_name,
        password=settings.db_password_file.read_text().strip(),
    )
    with closing(connection), connection.cursor() as cursor:
        if role:
            cursor.execute(f"SET LOCAL ROLE {role}")
        if session_id is not None:
            cursor.execute("SELECT set_config('app.session_id', %s, true)", [session_id])

        def act(statement: str) -> Any:
            cursor.execute("SAVEPOINT here")
            try:
                cursor.execute(statement)
            except psycopg2.Error:
                cursor.execute("ROLLBACK TO here")
                raise
            return cursor.fetchall() if cursor.description else cursor.rowcount

        yield act


@pytest.fixture
def hers(ada: Person) -> dict[str, str]:
    """Ada's rows: a running reply, a waiting one, and what was said before."""
    chat = ada.chat(opening="Hello")
    reply = ada.send(chat, "secret", worker="w")
    waiting = ada.send(chat, "another secret")
    return {"session": ada.session_id, "chat": chat, "reply": reply, "waiting": waiting}


@pytest.mark.parametrize("table", TABLES)
def test_as_the_owner_of_the_rows_all_are_seen(
    settings: Settings, hers: dict[str, str], table: str
) -> None:
    with acting(settings, "app", hers["session"]) as act:
        assert len(act(f"SELECT * FROM {table}")) > 0


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("who", ["another", "unknown", "none", "empty", "ended", "expired"])
def test_nobody_else_sees_a_row(
    settings: Settings, hers: dict[str, str], bob: Person, sql: Sql, table: str, who: str
) -> None:
    session = {"another": bob.session_id, "unknown": str(uuid4()), "none": None, "empty": ""}.get(
        who, hers["session"]
    )
    if who == "ended":
        sql("UPDATE sessions SET revoked_at = now()")
    if who == "expired":
        sql("UPDATE sessions SET expires_at = now()")
    with acting(settings, "app", session) as act:
        rows = act(f"SELECT * FROM {table}")
    if table == "sessions" and who in ("another", "ended", "expired"):
        assert [row[0] for row in rows] == [session], "its own row alone"
    else:
        assert rows == []


CHANGES = (
    "UPDATE sessions SET expires_at = now() + interval '1 year'",
    "UPDATE sessions SET name = 'mine now'",
    "DELETE FROM sessions",
    "UPDATE chats SET title = 'mine now'",
    "UPDATE chats SET head = NULL",
    "UPDATE chats SET deleted_at = now(), pinned = true, last_seq = 9",
    "UPDATE chats SET system_prompt = '', temperature = 1, reply_tokens = 1",
    "UPDATE messages SET content = 'mine now'",
    "UPDATE replies SET stop_requested = true",
    "UPDATE replies SET state = 'stopped', finished_at = now()",
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_without_a_where_reaches_one_s_own_rows_only(
    settings: Settings, hers: dict[str, str], bob: Person, change: str
) -> None:
    own = int("sessions" in change)
    with acting(settings, "app", bob.session_id) as act:
        assert act(change) == own
    for session in (None, str(uuid4())):
        with acting(settings, "app", session) as act:
            assert act(change) == 0
    with acting(settings, "app", hers["session"]) as act:
        assert act(change) > 0, "and the owner's own are changed: the statement itself works"


def test_messages_are_deleted_by_their_owner_only(
    settings: Settings, hers: dict[str, str], bob: Person
) -> None:
    for session in (bob.session_id, str(uuid4()), None):
        with acting(settings, "app", session) as act:
            assert act("DELETE FROM messages") == 0
    with acting(settings, "app", hers["session"]) as act:
        act("UPDATE chats SET head = NULL")
        assert act("DELETE FROM messages") == 5


@pytest.mark.parametrize(
    "insert",
    [
        "INSERT INTO chats (session_id, username, system_prompt) VALUES ('{session}', 'x', '')",
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " VALUES ('{chat}', '{session}', 99, 'user', 'x')",
        "INSERT INTO replies (message_id, chat_id, session_id)"
        " VALUES ('{reply}', '{chat}', '{session}')",
        "INSERT INTO sessions (id, expires_at) VALUES (uuidv7(), now())",
    ],
)
def test_nothing_is_written_in_another_s_name(
    settings: Settings, hers: dict[str, str], bob: Person, insert: str
) -> None:
    for session in (bob.session_id, str(uuid4()), None):
        with (
            acting(settings, "app", session) as act,
            pytest.raises(InsufficientPrivilege, match="row-level security"),
        ):
            act(insert.format(**hers))


def test_a_row_cannot_be_put_into_another_s_chat(
    settings: Settings, hers: dict[str, str], bob: Person
) -> None:
    """The policy sees Bob's own session; the foreign key sees whose chat it is."""
    insert = (
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        f" VALUES ('{hers['chat']}', '{bob.session_id}', 99, 'user', 'x')"
    )
    with (
        acting(settings, "app", bob.session_id) as act,
        pytest.raises(psycopg2.errors.ForeignKeyViolation),
    ):
        act(insert)


@pytest.mark.parametrize("table", TABLES)
def test_the_bare_login_sees_and_changes_nothing(
    settings: Settings, hers: dict[str, str], table: str
) -> None:
    with acting(settings, None, hers["session"]) as act:
        assert act(f"SELECT * FROM {table}") == []
        assert act(f"DELETE FROM {table}") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE chats SET session_id = session_id",
        "UPDATE chats SET context_start = NULL",
        "UPDATE sessions SET revoked_at = NULL",
        "UPDATE messages SET role = 'assistant'",
        "UPDATE messages SET parent_id = NULL",
        "DELETE FROM chats",
        "UPDATE replies SET worker = 'me'",
        "DELETE FROM replies",
        "TRUNCATE chats",
        "SELECT * FROM claim_reply('me', 100)",
        "SELECT purge_forgotten()",
        "SELECT * FROM waiting_line",
        "SELECT * FROM alembic_version",
    ],
)
def test_a_person_s_role_has_no_more_than_it_needs(
    settings: Settings, hers: dict[str, str], statement: str
) -> None:
    with (
        acting(settings, "app", hers["session"]) as act,
        pytest.raises(InsufficientPrivilege, match="permission denied"),
    ):
        act(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM sessions",
        "SELECT name FROM sessions",
        "SELECT username FROM chats",
        "SELECT title FROM chats",
        "SELECT client_key FROM messages",
        "SELECT * FROM search_chats('secret', 0, 10)",
        "UPDATE sessions SET expires_at = now()",
        "UPDATE chats SET head = NULL",
        "UPDATE chats SET deleted_at = now()",
        "UPDATE chats SET temperature = 1",
        "UPDATE messages SET parent_id = NULL",
        "UPDATE replies SET stop_requested = false",
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " VALUES (uuidv7(), uuidv7(), 1, 'user', 'x')",
        "DELETE FROM messages",
        "DELETE FROM replies",
        "TRUNCATE replies",
    ],
)
def test_the_runner_s_role_has_no_more_than_it_needs(settings: Settings, statement: str) -> None:
    with (
        acting(settings, "runner") as act,
        pytest.raises(InsufficientPrivilege, match="permission denied"),
    ):
        act(statement)


def test_the_runner_writes_unfinished_replies_only(
    settings: Settings, api: Api, hers: dict[str, str]
) -> None:
    api.finish(hers["reply"], "Done.")
    with acting(settings, "runner") as act:
        assert act("UPDATE messages SET content = 'changed' RETURNING id") == [(hers["waiting"],)]
        assert act("UPDATE replies SET error = 'x' RETURNING message_id") == [(hers["waiting"],)]


def test_what_was_said_can_never_be_rewritten(
    settings: Settings, api: Api, hers: dict[str, str]
) -> None:
    """A person's role fills the message of a waiting reply (Stop), and no other."""
    api.finish(hers["reply"], "Done.")
    with acting(settings, "app", hers["session"]) as act:
        assert act("UPDATE messages SET content = 'changed' RETURNING id") == [(hers["waiting"],)]


def test_a_dead_session_cannot_bring_itself_back(
    settings: Settings, hers: dict[str, str], sql: Sql
) -> None:
    sql("UPDATE sessions SET revoked_at = now()")
    with acting(settings, "app", hers["session"]) as act:
        assert act("UPDATE sessions SET expires_at = now() + interval '1 year'") == 0
        assert act("DELETE FROM sessions") == 0


def test_the_place_in_line_is_told_for_one_s_own_chat_only(
    settings: Settings, hers: dict[str, str], bob: Person
) -> None:
    ask = f"SELECT message_id, place FROM places_in_line('{hers['chat']}')"
    with acting(settings, "app", hers["session"]) as act:
        assert act(ask) == [(hers["waiting"], 1)]
    for session in (bob.session_id, None):
        with acting(settings, "app", session) as act:
            assert act(ask) == []


def test_the_runner_deletes_only_what_was_over_a_day_ago(
    settings: Settings, hers: dict[str, str], bob: Person, sql: Sql
) -> None:
    his, other = bob.chat(), bob.chat()
    sql("UPDATE chats SET deleted_at = now() - interval '23 hours' WHERE id = %s", other)
    with acting(settings, "runner") as act:
        assert act("SELECT id FROM sessions") == []
        assert act("DELETE FROM sessions") == act("DELETE FROM chats") == 0
    sql("UPDATE chats SET deleted_at = now() - interval '25 hours' WHERE id = %s", his)
    over = "UPDATE sessions SET expires_at = now() - interval '25 hours' WHERE id = %s"
    sql(over, hers["session"])
    with acting(settings, "runner") as act:
        assert {chat for (chat,) in act("DELETE FROM chats RETURNING id")} == {his, hers["chat"]}
        assert act("DELETE FROM sessions RETURNING id") == [(hers["session"],)]


SEARCHED = "SELECT message_id FROM search_chats('secret', 0, 10)"


def test_a_search_finds_the_asking_session_s_texts_only(
    settings: Settings, hers: dict[str, str], bob: Person
) -> None:
    with acting(settings, "app", hers["session"]) as act:
        assert len(act(SEARCHED)) == 3, "the title and two messages"
    for session in (bob.session_id, str(uuid4()), None, ""):
        with acting(settings, "app", session) as act:
            assert act(SEARCHED) == []


@pytest.mark.parametrize("how", ["revoked_at = now()", "expires_at = now()"])
def test_an_ended_session_finds_nothing(
    settings: Settings, hers: dict[str, str], sql: Sql, how: str
) -> None:
    sql(f"UPDATE sessions SET {how}")
    with acting(settings, "app", hers["session"]) as act:
        assert act(SEARCHED) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name FROM sessions",
        "SELECT system_prompt FROM chats",
        "SELECT client_key FROM messages",
        "SELECT * FROM replies",
        "UPDATE chats SET title = ''",
        "DELETE FROM messages",
        "INSERT INTO sessions (expires_at) VALUES (now())",
    ],
)
def test_the_searcher_s_role_has_no_more_than_it_needs(settings: Settings, statement: str) -> None:
    with (
        acting(settings, "searcher") as act,
        pytest.raises(InsufficientPrivilege, match="permission denied"),
    ):
        act(statement)


def test_every_table_forces_row_security(sql: Sql) -> None:
    tables = sql(
        "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    assert {name: safe for name, safe in tables if name != "alembic_version"} == dict.fromkeys(
        TABLES, True
    )


def test_the_roles_are_nobody_by_themselves(sql: Sql) -> None:
    roles = sql(
        "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles"
        " WHERE rolname IN ('app', 'runner', 'searcher')"
    )
    assert roles == [(False, False, False, False)] * 3
    granted = sql(
        "SELECT bool_or(set_option), bool_or(inherit_option) FROM pg_auth_members"
        " WHERE roleid::regrole::text IN ('app', 'runner', 'searcher')"
        " AND member = 'parley'::regrole"
    )
    assert granted == [(True, False)]


def test_nobody_is_left_who_may_create_in_the_schema(sql: Sql) -> None:
    for role in ("app", "runner", "searcher"):
        assert sql("SELECT has_schema_privilege(%s, 'public', 'CREATE')", role) == [(False,)]
