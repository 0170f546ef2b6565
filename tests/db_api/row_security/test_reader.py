"""The role that reads documents reaches those that it reads at the moment, and no others."""

from tests.db_api.conftest import Sql
from tests.db_api.documents import Kept, keep_document
from tests.db_api.row_security.conftest import Acting, refusals

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
