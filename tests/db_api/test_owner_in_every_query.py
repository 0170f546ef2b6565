"""The queries themselves name the owner: tried on a database whose row security is off."""

import json
import re
from contextlib import nullcontext
from functools import partial
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from uuid import UUID

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

from tests.db_api.api import Api, Person
from tests.db_api.conftest import connect, run_sql
from tests.db_api.documents import keep_document, quote_document, send_picture
from tests.db_api.unguarded import PARTS, api, unguarded
from tests.support.postgres import Postgres

__all__ = ["api", "unguarded"]

VECTOR = {"vector": [1] * 384, "vector_model": "model"}


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
            assert bool(files.find_content(connection, session, sha256(b"x").digest())) is found
            assert bool(documents.list_names_like(connection, session, "notes.txt")) is found
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
        ("chat_documents", "true", "GET .*/chats/.*/passages.*Secret"),
        ("documents", "true", "GET .*/passages.*Secret"),
        ("passages", "true", "GET .*/passages.*Secret"),
        ("passages", "true", "limit=7.*Secret"),
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
                ada.get("/passages", q="secret", limit=7),
                ada.post(f"/chats/{chat}/passages", {"question": "?", **VECTOR}),
                *(ada.get(f"/documents{part}") for part in parts),
            ]
            return "\n".join(f"{a.request.method} {a.url} {a.text}" for a in answers)

        assert re.search(told, ask())
        sql("SET session_replication_role = replica")
        given = f"UPDATE {table} SET session_id = %s WHERE session_id = %s AND {row}"
        sql(given, bob.session_id, ada.session_id)
        assert not re.search(told, ask())
