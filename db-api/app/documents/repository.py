"""Queries about documents. Every one takes the owner, and row-level security checks it again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Connection, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.db.base import AnyRow
from app.documents.models import ChatDocument, Document, DocumentPage
from app.documents.names import find_ending
from app.errors import DocumentNotFound
from app.files.models import File

# One that gets vectors was read: nobody has to wait for those.
# A document is found in the library, and by chats that are not deleted.
READ = """
SELECT d.id, CASE WHEN d.embedding THEN 'complete' ELSE d.state END AS state, d.vector_model,
    d.file_id, d.shown_file_id, d.name, d.kind, d.in_library, d.error, d.pages,
    d.progress AS pages_read, d.created_at, f.size, shown.size AS shown_size, chats.list AS chats,
    ARRAY(
        SELECT number FROM document_pages p
        WHERE p.document_id = d.id AND p.session_id = :owner AND p.source = 'unreadable'
        ORDER BY number
    ) AS unreadable,
    ARRAY(
        SELECT number FROM document_pages p
        WHERE p.document_id = d.id AND p.session_id = :owner AND p.source = 'needs-ocr'
        ORDER BY number
    ) AS needs_ocr,
    EXISTS (
        SELECT FROM document_pages p
        WHERE p.document_id = d.id AND p.session_id = :owner AND p.text ~ '\\S'
    ) AS has_text
FROM documents d
JOIN files f ON f.id = d.file_id
LEFT JOIN files shown ON shown.id = d.shown_file_id
CROSS JOIN LATERAL (
    SELECT coalesce(
        json_agg(
            json_build_object(
                'id', c.id, 'title', chat_title(c.id, c.title), 'added_at', link.created_at
            )
            ORDER BY link.created_at
        ), '[]'
    ) AS list
    FROM chat_documents link JOIN chats c ON c.id = link.chat_id
    WHERE link.document_id = d.id AND c.session_id = :owner AND c.deleted_at IS NULL
) AS chats
WHERE d.session_id = :owner
"""
FOUND = f"{READ} AND (d.in_library OR json_array_length(chats.list) > 0)"
FIND_KEPT = text(f"{READ} AND d.id = :document").columns(chats=JSON)
FIND = text(f"{FOUND} AND d.id = :document").columns(chats=JSON)
LIST = text(f"{FOUND} ORDER BY d.created_at DESC, d.id DESC LIMIT :most").columns(chats=JSON)
LIST_OF_CHAT = text(f"""
{FOUND} AND EXISTS (
    SELECT FROM chat_documents link
    WHERE link.document_id = d.id AND link.chat_id = :chat AND link.session_id = :owner
)
ORDER BY d.created_at, d.id
""").columns(chats=JSON)


def find(connection: Connection, session_id: UUID, document_id: UUID) -> AnyRow:
    """One document of the session, or DocumentNotFound."""
    values = {"owner": session_id, "document": document_id}
    found = connection.execute(FIND, values).first()
    if found is None:
        raise DocumentNotFound
    return found


def find_kept(connection: Connection, session_id: UUID, document_id: UUID) -> AnyRow:
    """The same of one that was kept just now, which may be a recording."""
    return connection.execute(FIND_KEPT, {"owner": session_id, "document": document_id}).one()


def list_newest(connection: Connection, session_id: UUID, limit: int) -> Sequence[AnyRow]:
    """The session's documents, the newest first."""
    return connection.execute(LIST, {"owner": session_id, "most": limit}).all()


def list_of_chat(connection: Connection, session_id: UUID, chat_id: UUID) -> Sequence[AnyRow]:
    """The documents of one chat, the oldest first."""
    return connection.execute(LIST_OF_CHAT, {"owner": session_id, "chat": chat_id}).all()


def create(connection: Connection, session_id: UUID, file_id: UUID, name: str, kind: str) -> UUID:
    """A document of that file, to be read; nobody has it yet."""
    values = {"session_id": session_id, "file_id": file_id, "name": name, "kind": kind}
    statement = insert(Document).values(values).returning(Document.id)
    document_id: UUID = connection.execute(statement).scalar_one()
    return document_id


def list_names_like(connection: Connection, session_id: UUID, name: str) -> list[str]:
    """Those of the session's documents that begin as this one does, up to its ending."""
    stem = name.removesuffix(find_ending(name))
    statement = select(Document.name).where(
        Document.session_id == session_id, func.starts_with(Document.name, stem)
    )
    return [*connection.execute(statement).scalars()]


def keep_recording(
    connection: Connection, session_id: UUID, document_id: UUID, chat_id: UUID
) -> None:
    """What is said in it is to become a message of this chat."""
    change(connection, session_id, document_id, {"draft_of": chat_id})


def find_of_file(connection: Connection, session_id: UUID, file_id: UUID) -> UUID:
    """The document that a stored file belongs to: each has one."""
    statement = select(Document.id).where(
        Document.session_id == session_id, Document.file_id == file_id
    )
    found: UUID = connection.execute(statement).scalar_one()
    return found


def give_to(
    connection: Connection, session_id: UUID, document_id: UUID, chat_id: UUID | None
) -> None:
    """The document is in this chat, or in the library, from now on. Given to a chat that has it, it
    is new there again."""
    if chat_id is None:
        change(connection, session_id, document_id, {"in_library": True})
        return
    link = {"chat_id": chat_id, "document_id": document_id, "session_id": session_id}
    keys = [ChatDocument.chat_id, ChatDocument.document_id]
    given = upsert(ChatDocument).values(link)
    again = given.on_conflict_do_update(index_elements=keys, set_={"created_at": func.now()})
    connection.execute(again)


def take_from(connection: Connection, session_id: UUID, document_id: UUID, chat_id: UUID) -> None:
    """The document is not in this chat any more. If it is in no other one, it is in the library.
    Who takes it from another one at the same time waits, and sees that."""
    owned = Document.id == document_id, Document.session_id == session_id
    connection.execute(select(Document.id).where(*owned).with_for_update(key_share=True))
    chats = find(connection, session_id, document_id).chats
    if [chat["id"] for chat in chats] == [str(chat_id)]:
        give_to(connection, session_id, document_id, None)
    statement = delete(ChatDocument).where(
        ChatDocument.session_id == session_id,
        ChatDocument.document_id == document_id,
        ChatDocument.chat_id == chat_id,
    )
    connection.execute(statement)


def change(
    connection: Connection, session_id: UUID, document_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change these columns of the document."""
    owned = Document.id == document_id, Document.session_id == session_id
    connection.execute(update(Document).where(*owned).values(values))


def drop(connection: Connection, session_id: UUID, document: AnyRow) -> None:
    """Delete it for good: its files, and all that hangs on them."""
    files = document.file_id, document.shown_file_id
    connection.execute(delete(File).where(File.session_id == session_id, File.id.in_(files)))


def find_page(
    connection: Connection, session_id: UUID, document_id: UUID, number: int
) -> AnyRow | None:
    """A page that has been read, or None."""
    statement = select(DocumentPage.number, DocumentPage.text, DocumentPage.source).where(
        DocumentPage.session_id == session_id,
        DocumentPage.document_id == document_id,
        DocumentPage.number == number,
    )
    return connection.execute(statement).first()
