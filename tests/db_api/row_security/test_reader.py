"""The role that reads documents reaches those that it reads at the moment, and no others."""

from tests.db_api.api import Person
from tests.db_api.conftest import Sql
from tests.db_api.documents import Kept, keep_document
from tests.db_api.row_security.conftest import Acting, refusals

READ = (
    "SELECT convert_from(bytes, 'UTF8') FROM file_blocks",
    "SELECT id::text FROM files",
    "UPDATE documents SET progress = 1",
    "UPDATE document_pages SET text = 'changed'",
)
EMBEDDED = ("SELECT text FROM passages", "SELECT model FROM passage_vectors")


def test_the_reader_reaches_only_documents_that_it_reads(
    acting: Acting, ada: Person, chat: str, sql: Sql
) -> None:
    states = ("queued", "running", "complete", "failed")
    kept = {state: keep_document(sql, chat, state.encode(), "png", state) for state in states}
    running = kept["running"]
    with acting("reader") as act:
        assert [act(statement) for statement in READ] == [[("running",)], [(running.file,)], 3, 1]
        assert [act(statement) for statement in EMBEDDED] == [[], []]
        for state in states:
            written = write_as_reader(kept[state], ada.session_id)
            if state == "running":
                assert [act(statement) for statement in written] == [1, 1]
            else:
                assert refusals(act, written) == dict.fromkeys(written, "policy")
    sql("UPDATE documents SET embedding = true WHERE state <> 'queued'")
    sql("UPDATE passage_vectors SET model = document_id::text")
    with acting("reader") as act:
        assert [act(s) for s in EMBEDDED] == [[("Secret.",)], [(running.document,)]]


def test_the_reader_learns_of_replies_only_whether_one_is_awaited(
    acting: Acting, hers: dict[str, str], sql: Sql
) -> None:
    with acting("reader") as act:
        assert act("SELECT is_reply_awaited()") == [(True,)]
        asked = ["SELECT FROM replies", "SELECT FROM messages", "SELECT FROM message_pictures"]
        assert refusals(act, asked) == dict.fromkeys(asked, "grant")
    told = "SELECT prorettype::regtype::text, proretset, pronargs FROM pg_proc WHERE proname = %s"
    assert sql(told, "is_reply_awaited") == [("boolean", False, 0)]


def write_as_reader(kept: Kept, owner: str) -> list[str]:
    return [
        f"INSERT INTO document_pages VALUES ('{kept.document}', '{owner}', 2, '', 'empty')",
        "INSERT INTO passages"
        " (document_id, session_id, page, start_offset, end_offset, text, words)"
        f" VALUES ('{kept.document}', '{owner}', 1, 1, 2, 'e', 'e')",
    ]


def test_the_reader_makes_one_picture_of_a_picture_that_it_reads(
    acting: Acting, ada: Person, bob: Person, chat: str, sql: Sql
) -> None:
    his = bob.chat()
    running, queued = (
        keep_document(sql, chat, state.encode(), "png", state) for state in ("running", "queued")
    )
    keep_document(sql, his, b"a", "png", "queued")
    text = keep_document(sql, his, b"b", "text", "running")
    file = "INSERT INTO files (session_id, size) VALUES ('{}', 1)"
    hers, other = (file.format(person.session_id) for person in (ada, bob))
    with acting("reader") as act:
        assert act(hers) == 1
        assert refusals(act, [other]) == {other: "policy"}
    sql("UPDATE documents SET shown_file_id = file_id WHERE session_id = %s", ada.session_id)
    block = "INSERT INTO file_blocks VALUES ('{}', '{}', 1, 'x')"
    filled, *refused = (block.format(kept.file, ada.session_id) for kept in (running, queued, text))
    with acting("reader") as act:
        assert act(filled) == 1
        refused = [hers, *refused]
        assert refusals(act, refused) == dict.fromkeys(refused, "policy"), "it has one picture"
