"""The queries themselves name the owner: tried on a database whose row security is off. Also, a
message is looked for in its chat only."""

import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from app.answering.overview import read_overview
from app.branches.page import find_end_around
from app.branches.show import find_leaf, is_shown
from app.db.transactions import Database
from app.deleting.messages import DELETE_BEGINNINGS, FIND_BEGINNINGS, FIND_PART
from app.documents import repository as documents
from app.errors import DocumentNotFound, FileNotFound, InvalidInput, MessageNotFound
from app.files import repository as files
from app.messages.pictures import read_pictures, store_pictures
from app.messages.repository import find_parent, find_some, list_in_order, walk_branch
from app.recordings.repository import list_of_chat
from app.settings import Settings
from sqlalchemy.exc import NoResultFound

from tests.db_api.api import Api, Person, body, ids, problem
from tests.db_api.conftest import TABLES, connect, new_database, run_sql, serve_api
from tests.db_api.documents import keep_document, quote_document, send_picture
from tests.support.postgres import Postgres

VECTOR = {"vector": [1] * 384, "vector_model": "model"}
PARTS = ("", "/messages", "/messages/all", "/page", "/page?limit=1", "/follow", "/prompt")


@pytest.fixture(scope="module")
def unguarded(postgres: Postgres) -> Iterator[Settings]:
    with new_database(postgres) as settings:
        for table in TABLES:
            postgres.psql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", settings.db_name)
        yield settings


@pytest.fixture(scope="module")
def api(unguarded: Settings) -> Iterator[Api]:
    """The db-api on it, which is Ada's and Bob's in this module."""
    with serve_api(unguarded) as (api, _):
        yield api


def enter(person: Person, chat: str, said: list[str]) -> list[httpx.Response]:
    """Every call that begins with a chat."""
    opening, question, reply = said
    return [
        *(person.get(f"/chats/{chat}{part}") for part in PARTS),
        person.get(f"/chats/{chat}/messages", at=opening),
        person.get(f"/chats/{chat}/page", before=question),
        person.post_message(chat, "Hi"),
        person.post_reply(chat, reply),
        person.post_stop(chat, reply),
        person.get(f"/chats/{chat}/replies/{reply}/prompt"),
        person.patch(f"/chats/{chat}", title="mine now"),
        person.patch(f"/chats/{chat}"),
        person.put_head(chat, opening),
        person.delete(f"/chats/{chat}/messages/{question}"),
        person.delete(f"/chats/{chat}"),
        person.post(f"/chats/{chat}/restore"),
    ]


def reach(person: Person, chat: str, said: list[str]) -> list[httpx.Response]:
    """Every call that looks for a message in a chat."""
    opening, question, reply = said
    return [
        person.get(f"/chats/{chat}/messages", at=opening),
        person.get(f"/chats/{chat}/messages", before=reply),
        person.get(f"/chats/{chat}/page", at=opening),
        person.get(f"/chats/{chat}/page", before=question),
        person.put_head(chat, opening),
        person.delete(f"/chats/{chat}/messages/{question}"),
        person.post_message(chat, "Hi", replaces=question),
        person.post_reply(chat, reply),
    ]


def test_only_one_s_own_messages_are_reached_and_only_in_their_chat(
    api: Api, ada: Person, bob: Person
) -> None:
    chat, other, his = (p.chat(opening="Hello") for p in (ada, ada, bob))
    reply = ada.send(chat, "secret", worker="w")
    api.store(reply, "secret")
    before = ada.messages(chat)
    said, unknown = ids(before), [str(uuid4()) for _ in range(3)]
    hers, nowhere = enter(bob, chat, said), enter(bob, str(uuid4()), said)
    for answer, same in zip(hers, nowhere, strict=True):
        assert problem(answer, 404, "chat-not-found") == same.json(), "none looks like it"
    for person, where, wanted in ((bob, his, said), (ada, other, said), (ada, chat, unknown)):
        for answer in reach(person, where, wanted):
            problem(answer, 404, "message-not-found")
        problem(person.post_stop(where, wanted[2]), 404, "reply-not-found")
        prompt = person.get(f"/chats/{where}/replies/{wanted[2]}/prompt")
        problem(prompt, 404, "reply-not-found")
        known = json.dumps([{"id": wanted[2], "state": "queued"}])
        assert person.read(where, "/follow", known=known, since=9)["replies"] == []
    for answer in (
        *(ada.post_message(chat, "Hi", replaces=message) for message in (said[0], reply)),
        *(ada.post_reply(chat, message) for message in said[:2]),
    ):
        problem(answer, 404, "message-not-found")
    assert (bob.chats(), ada.messages(chat), ada.read(chat)["title"]) == ([his], before, "secret")


def test_what_was_deleted_is_listed_for_its_owner_only(ada: Person, bob: Person) -> None:
    chat = ada.chat()
    ada.delete(f"/chats/{chat}")
    assert [ids(body(p.get("/chats/deleted"))["items"]) for p in (ada, bob)] == [[chat], []]


def test_each_query_by_itself_finds_one_s_own_messages_only(
    api: Api, unguarded: Settings, ada: Person, bob: Person
) -> None:
    made = ada.chat(opening="Hello")
    cut = api.answer(ada, made, "Hi", "1", state="stopped")
    head = UUID(ada.regenerate(made, cut, continued=True)["reply"]["id"])
    chat, opening = UUID(made), UUID(ada.messages(made)[0]["id"])
    database = Database(unguarded)
    for person, found in ((bob, False), (ada, True)):
        session = UUID(person.session_id)
        with database.person(session) as connection:
            assert is_shown(connection, session, head, opening) is found
            assert bool(find_leaf(connection, session, chat, opening)) is found
            assert bool(walk_branch(connection, session, chat, last=head, limit=9)) is found
            assert bool(list_in_order(connection, session, chat, after=0, limit=9)) is found
            assert bool(find_some(connection, session, chat, [head])) is found
            with nullcontext() if found else pytest.raises(MessageNotFound):
                find_parent(connection, session, chat, head)
            values = {"session_id": session, "chat_id": chat, "message_id": head, "head": head}
            for query in (FIND_PART, FIND_BEGINNINGS, DELETE_BEGINNINGS):
                assert connection.execute(query, values | {"beginnings": [cut]}).rowcount == found
    database.close()


def test_each_query_by_itself_finds_one_s_own_documents_only(
    unguarded: Settings, postgres: Postgres, ada: Person, bob: Person
) -> None:
    chat, document, upload = (
        UUID(made) for made in (ada.chat(), ada.upload(b"x")["id"], ada.begin_upload())
    )
    assert ada.put_document(str(chat), str(document)).is_success
    database, owner = Database(unguarded), UUID(ada.session_id)
    with database.person(owner) as connection:
        file = documents.find(connection, owner, document).file_id
    postgres.psql(
        "INSERT INTO document_pages SELECT id, session_id, 1, 'x', 'text' FROM documents"
        f" WHERE id = '{document}'; UPDATE files SET touched_at = now() - interval '1 h'",
        unguarded.db_name,
    )
    for person, found in ((bob, False), (ada, True)):
        session = UUID(person.session_id)
        with database.person(session) as connection:
            assert bool(documents.find_page(connection, session, document, 1)) is found
            assert bool(files.read_block(connection, session, file, 0)) is found
            with nullcontext() if found else pytest.raises(NoResultFound):
                documents.find_of_file(connection, session, file)
            with nullcontext() if found else pytest.raises(DocumentNotFound):
                documents.take_from(connection, session, document, chat)
            assert bool(documents.find(connection, owner, document).chats) is not found
            documents.drop(connection, session, documents.find(connection, owner, document))
            files.drop_abandoned(connection, session)
            with pytest.raises(DocumentNotFound) if found else nullcontext():
                documents.find(connection, owner, document)
            with pytest.raises(FileNotFound) if found else nullcontext():
                files.find(connection, owner, upload)
    database.close()


@pytest.mark.parametrize(("another", "leaf"), [(1, 0), (2, 1)])
def test_a_branch_leads_through_one_s_own_messages_only(
    postgres: Postgres, unguarded: Settings, ada: Person, bob: Person, another: int, leaf: int
) -> None:
    """As it would if one hung on somebody else's message, which the foreign keys refuse."""
    made = ada.chat(opening="Hello")
    ada.send(made)
    said = [UUID(message["id"]) for message in ada.messages(made)]
    with connect(postgres, unguarded) as connection:
        connection.autocommit = True
        sql = partial(run_sql, connection)
        sql("SET session_replication_role = replica")
        given = "UPDATE messages SET session_id = %s WHERE id = %s"
        sql(given, bob.session_id, str(said[another]))
    database, session = Database(unguarded), UUID(ada.session_id)
    with database.person(session) as opened:
        assert is_shown(opened, session, said[2], said[0]) is False
        assert find_leaf(opened, session, UUID(made), said[0]) == said[leaf]
        chat: Any = SimpleNamespace(id=UUID(made), head=said[2])
        assert find_end_around(opened, session, chat, said[0], 4).shown is False
        shown = walk_branch(opened, session, chat.id, last=said[2], limit=9)
        assert [message.id for message in shown] == said[another + 1 :]
    database.close()


def test_searches_and_keys_are_looked_up_among_one_s_own(ada: Person, bob: Person) -> None:
    ada.sent(ada.chat(), "secret", key="k")
    assert (len(ada.search("secret")), bob.search("secret")) == (2, [])
    assert bob.sent(bob.chat(), "secret", key="k")["repeated"] is False
    hers, first, again = (person.begun("secret", key="k") for person in (ada, bob, bob))
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["reply"]["id"] == again["reply"]["id"] != hers["reply"]["id"]


def test_ending_or_renewing_a_session_leaves_others_alone(ada: Person, bob: Person) -> None:
    before = body(ada.get("/sessions/current"))
    assert body(bob.patch("/sessions/current", name="Bob"))["name"] == "Bob"
    assert bob.post("/sessions/current/renew").is_success
    assert bob.delete("/sessions/current").is_success
    assert body(ada.get("/sessions/current")) == before


def test_documents_are_looked_for_among_one_s_own(ada: Person, bob: Person) -> None:
    chat, his = ada.chat(), bob.chat()
    hers, upload = ada.upload(b"Secret.", chat=chat), ada.begin_upload()
    ada.upload(b"Secret.")  # it is in the library, too
    body(ada.put_block(upload, 0, b"More."))
    path = f"/documents/{hers['id']}"
    for answer in (
        *(bob.get(path + part) for part in ("", "/pages/1", "/blocks/0")),
        bob.patch(path, name="mine now"),
        bob.delete(path),
    ):
        problem(answer, 404, "document-not-found")
    for answer in (
        bob.put_block(upload, 1, b"x"),
        bob.post_complete(upload, b"More."),
        bob.delete(f"/files/{upload}"),
    ):
        problem(answer, 404, "file-not-found")
    kept = bob.upload(b"Secret.", chat=his)
    assert (kept["repeated"], ids(kept["chats"]), ids(bob.documents())) == (
        False,
        [his],
        [kept["id"]],
    )
    assert bob.read(his, "/page")["documents"] == bob.documents()
    assert body(bob.get("/documents", chat=chat))["items"] == []
    assert ada.documents()[0]["name"] == "notes.txt"


@pytest.mark.parametrize(
    ("table", "pictures", "recordings", "parts"),
    [
        ("sessions", ["Secret."], ["Secret."], 1),  # whose rows stay as they are
        ("documents", [], [], 1),
        ("document_pages", [""], [""], 1),
        ("message_pictures", [], ["Secret."], 1),
        ("chat_documents", ["Secret."], ["Secret."], 0),
        ("passages", ["Secret."], ["Secret."], 0),
    ],
)
def test_of_a_row_of_another_s_nothing_is_read_or_sent(
    postgres: Postgres,
    unguarded: Settings,
    ada: Person,
    bob: Person,
    table: str,
    pictures: list[str],
    recordings: list[str],
    parts: int,
) -> None:
    sent = ada.sent(made := ada.chat(), "Hi")
    message, reply, chat = (
        UUID(given) for given in (sent["message"]["id"], sent["reply"]["id"], made)
    )
    with connect(postgres, unguarded) as connection:
        connection.autocommit = True
        sql = partial(run_sql, connection)
        document = keep_document(sql, made, kind="jpeg").document
        send_picture(sql, str(message), document)
        sql("UPDATE documents SET draft_of = %s WHERE id = %s", made, document)
        if table != "sessions":
            sql("SET session_replication_role = replica")
            given = f"UPDATE {table} SET session_id = %s WHERE session_id = %s"
            sql(given, bob.session_id, ada.session_id)
    database, owner = Database(unguarded), UUID(ada.session_id)
    with database.person(owner) as opened:
        assert [each.text for each in read_pictures(opened, owner, [message])] == pictures
        assert [each.text for each in list_of_chat(opened, owner, chat)] == recordings
        assert len(read_overview(opened, owner, chat, 1000)) == parts
        refused = pytest.raises(InvalidInput) if table.endswith("documents") else nullcontext()
        with refused:
            store_pictures(opened, owner, chat, reply, [document])
    database.close()


@pytest.mark.parametrize(
    ("table", "row", "told"),
    [
        ("chats", "true", "About"),
        ("messages", "content = 'Hello'", '"content":"Hello"'),
        ("messages", "content = 'one'", '"count":2'),
        ("replies", "model = 'qwen'", "qwen"),
        ("documents", "true", "secret.txt"),
        ("chat_documents", "true", "/prompt .*passage"),
        ("chat_documents", "true", "chat=.*secret.txt"),
        ("document_pages", "number = 1", '"Secret.","source"'),
        ("document_pages", "number = 1", '"quote_end":7,"text":"Secret."'),
        ("document_pages", "number = 1", "/prompt .*Secret"),
        ("document_pages", "number = 2", '"unreadable":.2.'),
        ("document_pages", "number = 3", '"needs_ocr":.3.'),
        ("quotes", "true", '"quote_end":7'),
        ("reply_passages", "true", '"type":"passage"'),
        ("chat_documents", "true", "GET .*/passages.*Secret"),
        ("documents", "true", "GET .*/passages.*Secret"),
        ("passages", "true", "GET .*/passages.*Secret"),
        ("passages", "true", "POST .*/passages.*Secret"),
        ("passage_vectors", "true", "POST .*/passages.*Secret"),
        ("message_pictures", "true", '"pictures":.."document_id"'),
    ],
)
def test_a_row_of_another_s_is_joined_to_nothing(
    postgres: Postgres,
    unguarded: Settings,
    ada: Person,
    bob: Person,
    table: str,
    row: str,
    told: str,
) -> None:
    """As it would be if one hung on somebody else's row, which the foreign keys refuse."""
    chat = ada.chat(opening="Hello")
    first = ada.sent(chat, "one")["message"]["id"]
    reply = ada.sent(chat, "two", replaces=first)["reply"]["id"]
    ada.change(chat, title="About")
    with connect(postgres, unguarded) as connection:
        connection.autocommit = True
        sql = partial(run_sql, connection)
        document = keep_document(sql, chat).document
        quote_document(sql, reply, document)
        send_picture(sql, first, document)
        sql(
            "UPDATE replies SET state = 'complete', finished_at = now(), model = 'qwen', mode ="
            " 'documents', found = true WHERE message_id = %s",
            reply,
        )
        sql(
            "INSERT INTO document_pages VALUES (%s, %s, 2, '', 'unreadable'),"
            " (%s, %s, 3, '', 'needs-ocr')",
            *(document, ada.session_id) * 2,
        )

        def ask() -> str:
            known = json.dumps([{"id": reply, "state": "running"}])
            parts = ("", f"/{document}", f"/{document}/pages/1")
            answers = [
                *(ada.get(f"/chats/{chat}{part}") for part in PARTS),
                ada.get(f"/chats/{chat}/follow", known=known),
                ada.get("/documents", chat=chat),
                ada.get(f"/chats/{chat}/passages", q="secret"),
                ada.post(f"/chats/{chat}/passages", {"question": "?", **VECTOR}),
                *(ada.get(f"/documents{part}") for part in parts),
            ]
            return "\n".join(f"{a.request.method} {a.url} {a.text}" for a in answers)

        assert re.search(told, ask())
        sql("SET session_replication_role = replica")
        given = f"UPDATE {table} SET session_id = %s WHERE session_id = %s AND {row}"
        sql(given, bob.session_id, ada.session_id)
        assert not re.search(told, ask())
