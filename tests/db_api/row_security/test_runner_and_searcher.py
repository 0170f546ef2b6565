"""The runner and the searcher see everybody's rows, and reach only what their work needs."""

from tests.db_api.api import Person
from tests.db_api.conftest import Sql
from tests.db_api.documents import keep_document
from tests.db_api.row_security.conftest import Acting, Strangers, refusals


def test_the_searcher_sees_no_session_but_the_asking_one(
    acting: Acting, hers: dict[str, str], strangers: Strangers
) -> None:
    for session in (hers["session"], strangers[0]):
        with acting("searcher", session) as act:
            assert act("SELECT id FROM sessions") == [(session,)]


def test_the_runner_finds_and_quotes_only_for_replies_that_are_written(
    acting: Acting, hers: dict[str, str]
) -> None:
    insert = (
        "INSERT INTO {} (message_id, chat_id, session_id, number, document_id, page, start_offset,"
        " end_offset) VALUES ('{reply}', '{chat}', '{session}', 2, '{document}', 1, 0, 7)"
    )
    for table in ("reply_passages", "quotes"):
        with acting("runner") as act:
            assert act(insert.format(table, **hers)) == 1
            other = insert.format(table, **hers | {"reply": hers["queued"]})
            assert refusals(act, [other]) == {other: "policy"}


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


def test_the_runner_deletes_only_files_that_nobody_finished_or_has(
    acting: Acting, ada: Person, chat: str, sql: Sql
) -> None:
    kept, in_library, orphan = (keep_document(sql, chat, content) for content in (b"a", b"b", b"c"))
    sql("UPDATE documents SET in_library = true WHERE id = %s", in_library.document)
    others = f"DELETE FROM chat_documents WHERE document_id <> '{kept.document}'"
    sql(others)
    sql("UPDATE files SET touched_at = now() - interval '1 hour'")
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
