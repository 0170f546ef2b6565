"""The database itself keeps people apart, tried as the roles that the policies bind.

None of these statements names an owner: it is what a forgotten WHERE would do.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import psycopg2
import pytest
from app.settings import Settings
from psycopg2.errors import ForeignKeyViolation, InsufficientPrivilege

from tests.db_api.api import NOWHERE, Api, Person
from tests.db_api.conftest import TABLES, Sql
from tests.db_api.documents import Kept, keep_document

Act = Callable[[str], Any]
Acting = Callable[..., AbstractContextManager[Act]]
Strangers = tuple[str | None, ...]

SEARCHED = "SELECT message_id FROM search_chats('secret', 0, 10)"


@pytest.fixture
def acting(settings: Settings) -> Acting:
    """``with acting(role, session) as act``: a transaction as db-api begins it. ``act`` answers
    with rows, or how many changed, and undoes what it did."""

    @contextmanager
    def begin(role: str | None, session_id: str | None = None) -> Iterator[Act]:
        url = settings.database_url.set(drivername="postgresql")
        login = psycopg2.connect(url.render_as_string(hide_password=False))
        with closing(login) as connection, connection.cursor() as cursor:
            if role:
                cursor.execute(f"SET LOCAL ROLE {role}")
            if session_id is not None:
                cursor.execute("SELECT set_config('app.session_id', %s, true)", [session_id])

            def act(statement: str) -> Any:
                cursor.execute("SAVEPOINT here")
                try:
                    cursor.execute(statement)
                    return cursor.fetchall() if cursor.description else cursor.rowcount
                finally:
                    cursor.execute("ROLLBACK TO here")

            yield act

    return begin


def refusals(act: Act, statements: list[str]) -> dict[str, str]:
    """Why each of them is refused."""
    found = {}
    for statement in statements:
        with pytest.raises(InsufficientPrivilege) as caught:
            act(statement)
        found[statement] = "policy" if "row-level security" in str(caught.value) else "grant"
    return found


@pytest.fixture
def hers(ada: Person, sql: Sql) -> dict[str, str]:
    """Ada's rows: a running reply, a queued one, and what was said before; a document that was
    read, and an upload that is not finished."""
    chat = ada.chat(opening="Hello")
    reply, queued = ada.send(chat, "secret", worker="w"), ada.send(chat, "another secret")
    kept = keep_document(sql, chat)
    sql("INSERT INTO files (session_id) VALUES (%s)", ada.session_id)
    return {
        **{"session": ada.session_id, "chat": chat, "reply": reply, "queued": queued},
        **{"file": kept.file, "document": kept.document},
    }


@pytest.fixture
def strangers(bob: Person) -> Strangers:
    """Another session, which has no chat; an unknown one, none, and an empty one."""
    return bob.session_id, NOWHERE, None, ""


def test_nobody_else_sees_a_row(
    acting: Acting, hers: dict[str, str], strangers: Strangers, sql: Sql
) -> None:
    queries = {table: f"SELECT * FROM {table}" for table in TABLES} | {
        "search": SEARCHED,
        "position": f"SELECT queue_position FROM chat_positions('{hers['chat']}')",
    }

    def see(session: str | None) -> dict[str, list[Any]]:
        with acting("app", session) as act:
            return {name: [row[0] for row in act(query)] for name, query in queries.items()}

    nothing: dict[str, Any] = {name: [] for name in queries}
    assert [len(rows) for rows in see(hers["session"]).values()] == [1, 1, 5, 2, 2, *[1] * 5, 3, 1]
    # A session's own row is known by its id, or an ended one could not be told from none.
    assert see(strangers[0]) == nothing | {"sessions": [strangers[0]]}
    assert [see(stranger) for stranger in strangers[1:]] == [nothing] * 3
    for over in ("revoked_at = now()", "revoked_at = NULL, expires_at = now()"):
        sql(f"UPDATE sessions SET {over}")
        assert see(hers["session"]) | {"position": []} == nothing | {"sessions": [hers["session"]]}


def test_the_searcher_sees_no_session_but_the_asking_one(
    acting: Acting, hers: dict[str, str], strangers: Strangers
) -> None:
    for session in (hers["session"], strangers[0]):
        with acting("searcher", session) as act:
            assert act("SELECT id FROM sessions") == [(session,)]


CHANGES = (
    "UPDATE sessions SET expires_at = now() + interval '1 year'",
    "UPDATE sessions SET name = 'mine now'",
    "DELETE FROM sessions",
    "UPDATE chats SET title = 'mine now'",
    "UPDATE chats SET head = NULL",
    "UPDATE chats SET deleted_at = now(), pinned = true, last_seq = 9",
    "UPDATE chats SET system_prompt = '', temperature = 1, reply_tokens = 1",
    "UPDATE messages SET content = 'mine now'",
    "UPDATE chats SET head = NULL; DELETE FROM messages",
    "UPDATE replies SET stop_requested = true",
    "UPDATE replies SET state = 'stopped', finished_at = now()",
    "UPDATE files SET received = 1",
    "DELETE FROM files",
    "UPDATE documents SET name = 'mine now', in_library = true",
    "DELETE FROM chat_documents",
)


def test_a_change_without_a_where_reaches_one_s_own_rows_only(
    acting: Acting, hers: dict[str, str], strangers: Strangers, sql: Sql
) -> None:
    def change(role: str | None, session: str | None) -> dict[str, int]:
        with acting(role, session) as act:
            return {statement: act(statement) for statement in CHANGES}

    assert all(change("app", hers["session"]).values()), "the statements themselves work"
    own, nothing = {c: int("sessions" in c) for c in CHANGES}, dict.fromkeys(CHANGES, 0)
    assert change("app", strangers[0]) == own
    assert [change("app", stranger) for stranger in strangers[1:]] == [nothing] * 3
    assert change(None, hers["session"]) == nothing, "nor does the bare login"
    for over in ("revoked_at = now()", "revoked_at = NULL, expires_at = now()"):
        sql(f"UPDATE sessions SET {over}")
        assert change("app", hers["session"]) == nothing, "no way back"


def test_nothing_is_written_in_another_s_name_or_chat(
    acting: Acting, hers: dict[str, str], bob: Person, strangers: Strangers
) -> None:
    message = "INSERT INTO messages (chat_id, session_id, seq, role, content) VALUES "
    inserts = [
        "INSERT INTO chats (session_id, username, system_prompt) VALUES ('{session}', 'x', '')",
        message + "('{chat}', '{session}', 99, 'user', 'x')",
        "INSERT INTO replies (message_id, chat_id, session_id)"
        " VALUES ('{reply}', '{chat}', '{session}')",
        "INSERT INTO sessions (id, expires_at) VALUES (uuidv7(), now())",
        "INSERT INTO files (session_id) VALUES ('{session}')",
        "INSERT INTO file_blocks (file_id, session_id, number, bytes)"
        " VALUES ('{file}', '{session}', 1, 'x')",
        "INSERT INTO documents (session_id, file_id, name, kind)"
        " VALUES ('{session}', '{file}', 'x', 'pdf')",
        "INSERT INTO chat_documents (chat_id, document_id, session_id)"
        " VALUES ('{chat}', '{document}', '{session}')",
    ]
    stolen = [insert.format(**hers) for insert in inserts]
    for stranger in strangers[:3]:
        with acting("app", stranger) as act:
            assert refusals(act, stolen) == dict.fromkeys(stolen, "policy")
    # The policy sees Bob's own session; the foreign key sees whose chat it is.
    with acting("app", strangers[0]) as act, pytest.raises(ForeignKeyViolation):
        act(message + f"('{hers['chat']}', '{strangers[0]}', 99, 'user', 'x')")
    his = bob.chat()
    with acting("app", bob.session_id) as act, pytest.raises(ForeignKeyViolation):
        act(
            "INSERT INTO chat_documents (chat_id, document_id, session_id)"
            f" VALUES ('{his}', '{hers['document']}', '{bob.session_id}')"
        )


DENIED = {
    "app": [
        "UPDATE chats SET session_id = session_id",
        "UPDATE chats SET context_start = NULL",
        "INSERT INTO chats (context_start) VALUES (NULL)",
        "INSERT INTO messages (created_at) VALUES (now())",
        "INSERT INTO replies (worker) VALUES ('me')",
        "INSERT INTO sessions (revoked_at) VALUES (NULL)",
        "UPDATE sessions SET revoked_at = NULL",
        "UPDATE messages SET role = 'assistant'",
        "UPDATE messages SET parent_id = NULL",
        "DELETE FROM chats",
        "UPDATE replies SET worker = 'me'",
        "UPDATE replies SET queue_number = DEFAULT",
        "DELETE FROM replies",
        "TRUNCATE chats",
        "SELECT * FROM queue_positions",
        "SELECT * FROM alembic_version",
        "UPDATE file_blocks SET bytes = 'x'",
        "DELETE FROM file_blocks",
        "UPDATE documents SET state = 'queued'",
        "UPDATE documents SET session_id = session_id",
        "DELETE FROM documents",
        "UPDATE document_pages SET text = ''",
        "INSERT INTO document_pages VALUES (uuidv7(), uuidv7(), 1, '', 'text')",
        "UPDATE passages SET text = ''",
    ],
    "runner": [
        "SELECT * FROM sessions",
        "SELECT name FROM sessions",
        "SELECT username FROM chats",
        "SELECT title FROM chats",
        "SELECT client_key FROM messages",
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
        "SELECT sha256 FROM files",
        "SELECT name FROM documents",
        "DELETE FROM documents",
        "SELECT * FROM file_blocks",
        "SELECT * FROM document_pages",
        "SELECT * FROM passages",
    ],
    "searcher": [
        "SELECT name FROM sessions",
        "SELECT system_prompt FROM chats",
        "SELECT client_key FROM messages",
        "SELECT * FROM replies",
        "UPDATE chats SET title = ''",
        "DELETE FROM messages",
        "INSERT INTO sessions (expires_at) VALUES (now())",
        "SELECT * FROM documents",
    ],
    "reader": [
        "DELETE FROM passages",
        *(f"SELECT * FROM {table}" for table in ("sessions", "chats", "messages", "replies")),
        "SELECT name FROM documents",
        "SELECT sha256 FROM files",
        "SELECT text FROM document_pages",
        "SELECT text FROM passages",
        "SELECT * FROM chat_documents",
        "UPDATE documents SET name = ''",
        "UPDATE documents SET session_id = session_id",
        "UPDATE documents SET stop_requested = false",
        "INSERT INTO documents (session_id, file_id, name, kind)"
        " VALUES (uuidv7(), uuidv7(), 'x', 'pdf')",
        "DELETE FROM documents",
        "DELETE FROM files",
        "UPDATE files SET received = 0",
        "UPDATE file_blocks SET bytes = ''",
        "DELETE FROM document_pages",
        "UPDATE passages SET text = ''",
    ],
}


@pytest.mark.parametrize("role", DENIED)
def test_a_role_has_no_more_than_it_needs(acting: Acting, hers: dict[str, str], role: str) -> None:
    with acting(role, hers["session"]) as act:
        assert refusals(act, DENIED[role]) == dict.fromkeys(DENIED[role], "grant")


FUNCTIONS = {
    "app": "asking_session chat_positions close_reply current_session is_abandoned queue_length"
    " reply_content reply_steps require_session room_taken search_chats search_words split_words",
    "reader": "attempts_after attempts_before_trial claim_document hand_back_documents has_expired"
    " lease_length new_lease reading_attempt_limit",
    "runner": "asking_session attempt_limit attempts_after attempts_before_trial chat_positions"
    " claim_reply close_abandoned close_reply find_trial hand_back has_expired is_abandoned"
    " is_alone is_over lease_length ms_per_position new_lease purge_deleted purge_files"
    " queue_length reply_content reply_steps room_taken search_words split_words trial_length",
    "searcher": "asking_session current_session search_chats search_query search_words split_words",
    "pg_monitor": "",  # anybody
}


@pytest.mark.parametrize("role", FUNCTIONS)
def test_a_role_calls_no_other_functions_than_it_needs(sql: Sql, role: str) -> None:
    ((allowed,),) = sql(
        "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc p"
        " WHERE pronamespace = 'public'::regnamespace"
        " AND has_function_privilege(%s, oid, 'EXECUTE')"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')",
        role,
    )
    assert (allowed or "") == FUNCTIONS[role]


def test_what_was_said_can_never_be_rewritten(
    acting: Acting, api: Api, hers: dict[str, str]
) -> None:
    """A person's role fills the message of a queued reply (Stop), the runner's that of an
    unfinished one, and no other."""
    message = "UPDATE messages SET content = 'changed' RETURNING id"
    reply = "UPDATE replies SET phase = 'waiting' RETURNING message_id"
    with acting("runner") as act:
        assert len(act(message)) == len(act(reply)) == 2
    api.finish(hers["reply"], "Done.")
    for who in (("app", hers["session"]), ("runner", None)):
        with acting(*who) as act:
            assert act(message) == act(reply) == [(hers["queued"],)]


def test_the_runner_deletes_only_what_was_over_a_day_ago(
    acting: Acting, hers: dict[str, str], bob: Person, sql: Sql
) -> None:
    his, other = bob.chat(), bob.chat()
    sql("UPDATE chats SET deleted_at = now() - interval '23 hours' WHERE id = %s", other)
    with acting("runner") as act:
        assert act("SELECT id FROM sessions") == []
        assert act("DELETE FROM sessions") == act("DELETE FROM chats") == 0
    sql("UPDATE chats SET deleted_at = now() - interval '25 hours' WHERE id = %s", his)
    sql("UPDATE sessions SET expires_at = now() - interval '25 h' WHERE id = %s", hers["session"])
    with acting("runner") as act:
        assert set(act("DELETE FROM chats RETURNING id")) == {(his,), (hers["chat"],)}
        assert act("DELETE FROM sessions RETURNING id") == [(hers["session"],)]


READ = (
    "SELECT convert_from(bytes, 'UTF8') FROM file_blocks",
    "UPDATE documents SET progress = 1",
    "UPDATE document_pages SET text = 'changed'",
)


def test_the_reader_reaches_only_documents_that_it_reads(
    acting: Acting, chat: str, sql: Sql
) -> None:
    states = ("queued", "running", "complete", "failed")
    kept = {state: keep_document(sql, chat, state.encode(), "png", state) for state in states}
    with acting("reader") as act:
        assert [act(statement) for statement in READ] == [[("running",)], 2, 1]
        owner = act("SELECT session_id FROM documents")[0][0]
        for state in states:
            written = write_as_reader(kept[state], owner)
            if state == "running":
                assert [act(statement) for statement in written] == [1, 1]
            else:
                assert refusals(act, written) == dict.fromkeys(written, "policy")
    picture = f"INSERT INTO files (session_id, size) VALUES ('{owner}', 1)"
    with acting("reader") as act:
        assert act(picture) == 1
    sql("UPDATE documents SET shown_file_id = file_id WHERE state = 'running'")
    block = "INSERT INTO file_blocks VALUES ('{}', '{}', 1, 'x')"
    shown, other = (block.format(kept[state].file, owner) for state in ("running", "queued"))
    with acting("reader") as act:
        assert refusals(act, [picture, other]) == {picture: "policy", other: "policy"}
        assert act(shown) == 1, "it has one picture, and that one is written"


def write_as_reader(kept: Kept, owner: str) -> list[str]:
    return [
        f"INSERT INTO document_pages VALUES ('{kept.document}', '{owner}', 2, '', 'empty')",
        "INSERT INTO passages (document_id, session_id, page, start_offset, end_offset, text)"
        f" VALUES ('{kept.document}', '{owner}', 1, 1, 2, 'e')",
    ]


def test_the_runner_deletes_only_files_that_nobody_finished_or_has(
    acting: Acting, ada: Person, chat: str, sql: Sql
) -> None:
    kept, in_library, orphan = (keep_document(sql, chat, content) for content in (b"a", b"b", b"c"))
    sql("UPDATE documents SET in_library = true WHERE id = %s", in_library.document)
    others = f"DELETE FROM chat_documents WHERE document_id <> '{kept.document}'"
    sql(others)
    fresh, old = (
        sql(
            "INSERT INTO files (session_id, touched_at) VALUES (%s, now() - %s::interval)"
            " RETURNING id::text",
            *(ada.session_id, since),
        )[0][0]
        for since in ("8 min", "10 min")
    )
    with acting("runner") as act:
        gone = {row[0] for row in act("DELETE FROM files RETURNING id::text")}
    assert gone == {orphan.file, old}
    assert fresh not in gone


def test_every_table_forces_row_security(sql: Sql) -> None:
    tables = sql(
        "SELECT relname::text, relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relkind"
        " = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
    )
    assert dict(tables) == dict.fromkeys(TABLES, True)


def test_the_roles_are_nobody_by_themselves_and_create_nothing(sql: Sql) -> None:
    roles = sql(
        "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole,"
        " has_schema_privilege(oid, 'public', 'CREATE') FROM pg_roles"
        " WHERE rolname IN ('app', 'reader', 'runner', 'searcher')"
    )
    assert roles == [(False,) * 5] * 4
    granted = sql(
        "SELECT bool_or(set_option), bool_or(inherit_option) FROM pg_auth_members"
        " WHERE roleid::regrole::text IN ('app', 'reader', 'runner', 'searcher')"
        " AND member = 'parley'::regrole"
    )
    assert granted == [(True, False)]
