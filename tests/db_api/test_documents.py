"""Documents: what they are by their content, whose they are, once per session, and gone when they
are deleted."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from app.db.transactions import Database
from app.deleting.purge import purge
from app.documents.repository import take_from

from tests.db_api.api import NOWHERE, Person, body, ids, problem, reasons
from tests.db_api.conftest import TABLES, Sql
from tests.db_api.documents import keep_document, quote_document, send_picture
from tests.support.waiting import wait_until

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)
KINDS: list[tuple[bytes, str, str]] = [
    (b"%PDF-1.7 ...", "pdf", "Scan.txt"),
    (b"\xff\xfe junk first %PDF-1.4" + b"x" * 3000 + b"startxref\n9\n%%EOF", "pdf", "late"),
    (b"A PDF begins with %PDF-1.4 and has a startxref before its %%EOF.", "text", "about.pdf"),
    (b"Only the end of one: startxref\n9\n%%EOF", "text", "end.pdf"),
    (PNG, "png", "photo.pdf"),
    (b"\xff\xd8\xff\xe0" + bytes(30), "jpeg", "photo"),
    ("Grüße 世界\n".encode(), "text", "a.pdf"),
    ("Grüße".encode("utf-16"), "text", "a.txt"),
    ("Grüße".encode("latin-1"), "text", "a.txt"),
    (b"A NUL \0 in a text that is long enough for it: " + b"word " * 20, "text", "a.txt"),
    ("Lone \ud800 surrogate".encode("utf-8", "surrogatepass"), "text", "a.txt"),
    (b"# Title\n", "markdown", "README.MD"),
    (b"# Title\n", "markdown", "notes.markdown"),
    (b"# Title\n", "text", "md"),
    (b"ID3 is an algorithm", "text", "a.txt"),
    (b"a < b and <html> in a sentence", "text", "a.txt"),
    (b"", "empty", "a.txt"),
    (b"%!PS-Adobe-3.0", "postscript", "a.pdf"),
    (b"\xef\xbb\xbf\n <!-- x --> <!DOCTYPE HTML>", "html", "a.txt"),
    (b"<html lang=en>", "html", "a.md"),
    (b"PK\x03\x04 word/document.xml", "office", "a.docx"),
    (b"{\\rtf1", "rtf", "a.txt"),
    (b"GIF89a", "picture", "a.png"),
    (b"ID3\x04", "sound", "a.mp3"),
    (bytes(range(256)), "unknown", "a.txt"),
]


@pytest.mark.parametrize(("content", "kind", "name"), KINDS)
def test_a_file_s_kind_is_told_by_its_content(
    ada: Person, sql: Sql, content: bytes, kind: str, name: str
) -> None:
    answer = ada.post_file(content, name)
    if answer.is_success:
        assert body(answer, 201)["kind"] == kind
    else:
        assert problem(answer, 415, "file-kind-refused")["found"] == kind
        assert sql("SELECT count(*) FROM files") == [(0,)]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Contract.pdf", "Contract.pdf"),
        ("../../etc/pass\"wd'<b>", "pass\"wd'<b>"),
        ("C:\\Users\\Ada\\notes.txt", "notes.txt"),
        (" two\nlines\0\u202e.txt ", "twolines.txt"),
        ("", "Untitled"),
        ("../", "Untitled"),
        ("\u200b", "Untitled"),
        ("é" * 300 + ".pdf", "é" * 195 + "….pdf"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_a_name_is_shown_in_one_line_without_its_path(ada: Person, given: str, shown: str) -> None:
    file = ada.begin_upload()
    body(ada.put_block(file, 0, b"x"))
    hashed = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    new = {"name": given, "size": 1, "sha256": hashed}
    document = body(ada.post(f"/files/{file}/complete", new), 201)
    assert document["name"] == shown


def test_files_of_one_name_are_told_apart(ada: Person, bob: Person, chat: str) -> None:
    def upload(person: Person, name: str) -> str:
        return str(person.upload(f"{name} {len(person.documents())}".encode(), name)["name"])

    assert [upload(ada, "notes.txt") for _ in range(3)] == [
        "notes.txt",
        "notes (2).txt",
        "notes (3).txt",
    ]
    assert [upload(ada, "notes") for _ in range(2)] == ["notes", "notes (2)"]
    assert [upload(ada, "No. of all leases") for _ in range(2)][1] == "No. of all leases (2)"
    assert [len(upload(ada, "x" * 300 + ".txt")) for _ in range(2)] == [200, 200]
    assert upload(ada, "note.txt") == "note.txt"
    assert upload(bob, "notes.txt") == "notes.txt"


def test_the_same_content_is_kept_once_per_session(
    ada: Person, bob: Person, chat: str, sql: Sql
) -> None:
    first = ada.upload(b"Secret.", "a.txt", chat)
    other = ada.chat()
    again = [ada.upload(b"Secret.", "b.txt", where) for where in (chat, other, None)]
    assert [(one["id"], one["name"], one["repeated"]) for one in again] == [
        (first["id"], "a.txt", True)
    ] * 3
    assert (first["repeated"], first["in_library"], again[2]["in_library"]) == (False, False, True)
    added = {each["id"]: each["added_at"] for each in again[2]["chats"]}
    assert [*added] == [chat, other]
    assert first["created_at"] < added[chat] < added[other], "it came into them again, and later"
    assert bob.upload(b"Secret.")["repeated"] is False, "nobody learns what others have"
    assert sql("SELECT count(*) FROM files") == [(2,)]


def test_the_same_content_uploaded_at_once_becomes_one_document(ada: Person, sql: Sql) -> None:
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(ada.upload, [b"Secret."] * 8))
    assert (len(set(ids(kept))), [one["repeated"] for one in kept].count(False)) == (1, 1)
    assert sql("SELECT count(*) FROM files") == [(1,)]


def test_documents_are_listed_with_their_chats_the_newest_first(ada: Person, chat: str) -> None:
    ada.send(chat, "About contracts")
    one, two = ada.upload(b"one", chat=chat), ada.upload(b"two")
    listed = ada.documents()
    assert ids(listed) == [two["id"], one["id"]]
    link = {"id": chat, "title": "About contracts", "added_at": one["created_at"]}
    assert [d["chats"] for d in listed] == [[], [link]]
    assert [d["in_library"] for d in listed] == [True, False]
    assert ids(ada.read(chat, "/page")["documents"]) == [one["id"]]
    assert body(ada.get("/documents", chat=chat))["items"] == [listed[1]]
    assert body(ada.get(f"/documents/{one['id']}")) == listed[1]


def test_a_document_says_which_pages_could_not_be_read(ada: Person, chat: str, sql: Sql) -> None:
    kept, other = keep_document(sql, chat), keep_document(sql, chat, b"other")
    for document, first in ((kept.document, 2), (other.document, 6)):
        sql(
            "INSERT INTO document_pages SELECT %s, %s, %s + n, '', CASE WHEN n < 2 THEN"
            " 'unreadable' ELSE 'needs-ocr' END FROM generate_series(0, 3) AS n",
            *(document, ada.session_id, first),
        )
    document = body(ada.get(f"/documents/{kept.document}"))
    assert (document["unreadable"], document["needs_ocr"]) == ([2, 3], [4, 5])
    blank = ada.upload(b"blank")["id"]
    sql("INSERT INTO document_pages VALUES (%s, %s, 1, ' ', 'empty')", blank, ada.session_id)
    assert document["has_text"]
    assert not body(ada.get(f"/documents/{blank}"))["has_text"]
    page = body(ada.get(f"/documents/{kept.document}/pages/1"))
    assert page == {"number": 1, "text": "Secret.", "source": "text"}
    for number in (0, 6):
        answer = ada.get(f"/documents/{kept.document}/pages/{number}")
        problem(answer, 404, "page-not-found")


def test_a_document_is_added_to_another_chat_of_its_owner_only(
    ada: Person, bob: Person, chat: str
) -> None:
    document = ada.upload(b"x")["id"]
    for _ in range(2):
        assert ada.put_document(chat, document).status_code == 204
    assert ids(body(ada.get("/documents", chat=chat))["items"]) == [document]
    theirs = bob.upload(b"y", chat=bob.chat())["id"]
    for person, where, which, kind in (
        (bob, chat, theirs, "chat-not-found"),
        (bob, bob.chat(), document, "document-not-found"),
        (ada, NOWHERE, document, "chat-not-found"),
        (ada, chat, NOWHERE, "document-not-found"),
    ):
        problem(person.put_document(where, which), 404, kind)
    assert [d["chats"] for d in bob.documents()] != []


def test_a_document_is_removed_from_a_chat_of_its_owner_and_stays_elsewhere_or_in_the_library(
    ada: Person, bob: Person, chat: str
) -> None:
    only, shared = (ada.upload(content, chat=chat)["id"] for content in (b"x", b"y"))
    other, his = ada.chat(), bob.chat()
    ada.put_document(other, shared)
    for person, where, which, kind in (
        (bob, chat, shared, "chat-not-found"),
        (bob, his, shared, "document-not-found"),
        (ada, NOWHERE, shared, "chat-not-found"),
        (ada, chat, NOWHERE, "document-not-found"),
    ):
        problem(person.delete(f"/chats/{where}/documents/{which}"), 404, kind)
    assert len(ada.documents()) == 2
    for document, left in ((only, [shared]), (shared, []), (shared, [])):
        assert ada.delete(f"/chats/{chat}/documents/{document}").status_code == 204
        assert ids(ada.read(chat, "/page")["documents"]) == left
    assert [(d["id"], ids(d["chats"]), d["in_library"]) for d in ada.documents()] == [
        (shared, [other], False),
        (only, [], True),
    ]


WAITING = "SELECT pid FROM pg_locks WHERE NOT granted"


def test_a_document_removed_from_its_last_two_chats_at_once_is_in_the_library(
    database: Database, ada: Person, chat: str, sql: Sql
) -> None:
    document, other = UUID(ada.upload(b"x", chat=chat)["id"]), ada.chat()
    ada.put_document(other, str(document))
    owner = UUID(ada.session_id)
    with ThreadPoolExecutor(1) as pool:
        with database.person(owner) as connection:
            take_from(connection, owner, document, UUID(chat))
            removing = pool.submit(ada.delete, f"/chats/{other}/documents/{document}")
            wait_until(lambda: removing.done() or sql(WAITING))
        assert removing.result().status_code == 204
    assert [(d["chats"], d["in_library"]) for d in ada.documents()] == [([], True)]


def test_a_document_is_renamed(ada: Person) -> None:
    path = f"/documents/{ada.upload(b'x')['id']}"
    assert body(ada.patch(path, name=" Lease.pdf "))["name"] == "Lease.pdf"
    assert reasons(ada.patch(path, name=" ")) == [("name", "missing")]
    for odd in ("two\nlines", "NUL\0"):
        assert reasons(ada.patch(path, name=odd)) == [("name", "control-characters")]
    half = ada.send_raw("PATCH", path, r'{"name": "x\ud800"}')
    assert reasons(half) == [("name", "invalid")]


def enter(person: Person, document: str) -> list[Any]:
    """Every call that begins with a document."""
    path = f"/documents/{document}"
    return [
        *(person.get(path + part) for part in ("", "/pages/1", "/blocks/0")),
        person.patch(path, name="mine now"),
        person.delete(path),
    ]


def test_another_person_s_document_is_not_found(
    ada: Person, bob: Person, chat: str, sql: Sql
) -> None:
    kept = keep_document(sql, chat)
    for hers, nowhere in zip(enter(bob, kept.document), enter(bob, NOWHERE), strict=True):
        assert problem(hers, 404, "document-not-found") == nowhere.json()
    assert (bob.documents(), ada.documents()[0]["name"]) == ([], "secret.txt")


def test_a_deleted_document_is_gone_with_all_that_was_read(
    ada: Person, chat: str, sql: Sql
) -> None:
    kept, other = keep_document(sql, chat), keep_document(sql, chat, b"other")
    reply = ada.send(chat)
    for number, document in enumerate((kept.document, other.document), 1):
        quote_document(sql, reply, document, number)
        send_picture(sql, reply, document, number)
    sql(
        "UPDATE documents SET shown_file_id = %s WHERE id = %s",
        make_picture(sql, ada),
        kept.document,
    )
    assert ada.delete(f"/documents/{kept.document}").status_code == 204
    for answer in enter(ada, kept.document):
        problem(answer, 404, "document-not-found")
    assert [sql(f"SELECT count(*) FROM {table}") for table in TABLES[4:-4]] == [[(1,)]] * 8
    for table in ("quotes", "message_pictures"):  # that there was one
        left = sql(f"SELECT document_id FROM {table} ORDER BY 1 NULLS LAST")
        assert left[1:] == [(None,)]
    assert ids(ada.documents()) == [other.document]


def make_picture(sql: Sql, person: Person) -> str:
    stored = "INSERT INTO files (session_id, size, stored_at) VALUES (%s, 0, now()) RETURNING id"
    return str(sql(stored, person.session_id)[0][0])


def test_of_each_deleted_chat_it_is_told_how_many_documents_go_with_it(ada: Person) -> None:
    for count in (1, 2):
        chat = ada.chat()
        for number in range(count):
            ada.upload(f"{number} of {count}".encode(), chat=chat)
        ada.delete(f"/chats/{chat}")
    assert [c["documents"] for c in body(ada.get("/chats/deleted"))["items"]] == [2, 1]


def test_a_document_goes_for_good_with_its_last_chat_but_not_from_the_library(
    ada: Person, chat: str, database: Database, sql: Sql
) -> None:
    only, shared, library = (ada.upload(c, chat=chat)["id"] for c in (b"a", b"b", b"c"))
    ada.upload(b"b", chat=ada.chat())
    ada.upload(b"c")
    ada.delete(f"/chats/{chat}")
    assert set(ids(ada.documents())) == {shared, library}
    problem(ada.get(f"/documents/{only}"), 404, "document-not-found")
    assert [c["documents"] for c in body(ada.get("/chats/deleted"))["items"]] == [1]
    ada.post(f"/chats/{chat}/restore")
    assert len(ada.documents()) == 3, "as long as its chat can be restored"
    ada.delete(f"/chats/{chat}")
    sql("UPDATE chats SET deleted_at = now() - interval '25 hours' WHERE id = %s", chat)
    assert purge(database) == 2
    assert {row for (row,) in sql("SELECT id::text FROM documents")} == {shared, library}
    assert sql("SELECT count(*) FROM file_blocks") == [(2,)]
