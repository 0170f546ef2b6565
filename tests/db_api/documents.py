"""Documents put into the tables directly, for tests of what comes after an upload."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.db_api.api import Person
from tests.db_api.conftest import Sql


@dataclass(frozen=True)
class Kept:
    """The ids of what was put there."""

    file: str
    document: str


def keep_document(
    sql: Sql, chat: str, content: bytes = b"Secret.", kind: str = "text", state: str = "complete"
) -> Kept:
    """A document of that chat and its owner. Unless it is queued, its only page has been read."""
    ((session,),) = sql("SELECT session_id::text FROM chats WHERE id = %s", chat)
    ((file,),) = sql(
        "INSERT INTO files (session_id, size, received, sha256, stored_at)"
        " VALUES (%s, %s, %s, sha256(%s), now()) RETURNING id::text",
        *(session, len(content), len(content), content),
    )
    sql("INSERT INTO file_blocks VALUES (%s, %s, 0, %s)", file, session, content)
    ((document,),) = sql(
        "INSERT INTO documents"
        " (session_id, file_id, name, kind, state, worker, lease_until, finished_at)"
        " VALUES (%s, %s, 'secret.txt', %s, %s, 'w', now() + interval '3 s',"
        " CASE WHEN %s NOT IN ('queued', 'running') THEN now() END) RETURNING id::text",
        *(session, file, kind, state, state),
    )
    sql("INSERT INTO chat_documents VALUES (%s, %s, %s)", chat, document, session)
    if state != "queued":
        sql("INSERT INTO document_pages VALUES (%s, %s, 1, 'Secret.', 'text')", document, session)
        sql(
            "WITH passage AS ("
            " INSERT INTO passages"
            " (document_id, session_id, page, start_offset, end_offset, text, words)"
            " VALUES (%s, %s, 1, 0, 7, 'Secret.', 'secret') RETURNING *"
            ") INSERT INTO passage_vectors SELECT id, document_id, session_id, 'model',"
            " array_fill(1, ARRAY[384])::halfvec, 0, 7 FROM passage",
            *(document, session),
        )
    return Kept(file, document)


def send_picture(sql: Sql, message: str, document: str, number: int = 1) -> None:
    """The message was sent with the document, as if that were a picture."""
    sql(
        "INSERT INTO message_pictures (message_id, chat_id, session_id, number, document_id)"
        " SELECT id, chat_id, session_id, %s, %s FROM messages WHERE id = %s",
        *(number, document, message),
    )


def quote_document(sql: Sql, reply: str, document: str, number: int = 1) -> None:
    """The reply was given the document's passage, and quotes it."""
    for table in ("reply_passages", "quotes"):
        sql(
            f"INSERT INTO {table} (message_id, chat_id, session_id, number, document_id, page,"
            " start_offset, end_offset)"
            " SELECT message_id, chat_id, session_id, %s, %s, 1, 0, 7"
            " FROM replies WHERE message_id = %s",
            *(number, document, reply),
        )


def queue_document(sql: Sql, person: Person, content: bytes | None = None, **more: Any) -> Kept:
    """A document that waits."""
    content = content or uuid4().bytes  # the same one would be kept once
    return keep_document(sql, person.chat(), content, state="queued", **more)


def see_document(sql: Sql, what: str, document: str, table: str = "documents") -> Any:
    """What one of the tables has of it."""
    key = "id" if table == "documents" else "document_id"
    return sql(f"SELECT {what} FROM {table} WHERE {key} = %s", document)
