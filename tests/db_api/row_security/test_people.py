"""The database itself keeps people apart, tried as the role that the policies bind.

None of these statements names an owner: it is what a forgotten WHERE would do.
"""

from typing import Any

import pytest
from psycopg2.errors import ForeignKeyViolation

from tests.db_api.api import Api, Person
from tests.db_api.conftest import TABLES, Sql
from tests.db_api.row_security.conftest import Acting, Strangers, refusals

SEARCHED = "SELECT message_id FROM search_chats('secret', 0, 10)"


def test_nobody_else_sees_a_row(
    acting: Acting, hers: dict[str, str], strangers: Strangers, sql: Sql
) -> None:
    queries = {table: f"SELECT * FROM {table}" for table in TABLES} | {
        "search": SEARCHED,
        "position": f"SELECT queue_position FROM chat_positions('{hers['chat']}')",
        "waits": f"SELECT of_chat FROM count_unfinished('{hers['chat']}') WHERE of_chat > 0",
    }

    def see(session: str | None) -> dict[str, list[Any]]:
        with acting("app", session) as act:
            return {name: [row[0] for row in act(query)] for name, query in queries.items()}

    nothing: dict[str, Any] = {name: [] for name in queries}
    assert [len(rows) for rows in see(hers["session"]).values()] == [
        1,
        1,
        5,
        2,
        2,
        *[1] * 11,
        3,
        1,
        1,
    ]
    # A session's own row is known by its id, or an ended one could not be told from none.
    assert see(strangers[0]) == nothing | {"sessions": [strangers[0]]}
    assert [see(stranger) for stranger in strangers[1:]] == [nothing] * 3
    for over in ("revoked_at = now()", "revoked_at = NULL, expires_at = now()"):
        sql(f"UPDATE sessions SET {over}")
        seen = see(hers["session"]) | {"position": [], "waits": []}
        assert seen == nothing | {"sessions": [hers["session"]]}


CHANGES = (
    "UPDATE sessions SET expires_at = now() + interval '1 year'",
    "UPDATE sessions SET name = 'mine now'",
    "UPDATE sessions SET revoked_at = NULL",
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
    "UPDATE session_usage SET export_until = now()",
    "UPDATE tokens SET revoked_at = now()",
    "UPDATE tokens SET last_used_at = now()",
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
    assert change(None, hers["session"]) == nothing, "nor does the owner"
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
        "INSERT INTO session_usage (session_id) VALUES ('{session}')",
        "INSERT INTO tokens (session_id, name, scopes, expires_at)"
        " VALUES ('{session}', 'x', '{{chat}}', now())",
        "INSERT INTO message_pictures (message_id, chat_id, session_id, number, document_id)"
        " VALUES ('{queued}', '{chat}', '{session}', 1, '{document}')",
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


def test_a_revoked_token_stays_revoked(acting: Acting, hers: dict[str, str], sql: Sql) -> None:
    find = f"SELECT find_token('{hers['token']}')"
    with acting("app") as act:
        assert act(find) == [(hers["session"],)], "who has its id learns whose it is"
    sql("UPDATE tokens SET revoked_at = now()")
    with acting("app", hers["session"]) as act:
        assert act("UPDATE tokens SET revoked_at = NULL") == 0
        assert act(find) == [(None,)]


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


def test_a_stored_file_is_never_written_again(acting: Acting, hers: dict[str, str]) -> None:
    block = "INSERT INTO file_blocks VALUES ('{}', '{}', 1, 'x')"
    with acting("app", hers["session"]) as act:
        ((upload,),) = act("UPDATE files SET received = 1 RETURNING id::text")
        begun, stored = (block.format(file, hers["session"]) for file in (upload, hers["file"]))
        assert act(begun) == 1
        assert refusals(act, [stored]) == {stored: "policy"}
