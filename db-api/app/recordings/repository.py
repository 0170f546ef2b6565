"""Queries about recordings: documents of sound. Every one takes the owner, and row-level security
checks it again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from app.db.base import AnyRow
from app.errors import RecordingNotFound

LIST = text("""
SELECT d.id, d.state, d.error, d.pages, d.progress AS pages_read, coalesce((
        SELECT string_agg(p.text, ' ' ORDER BY p.number) FROM document_pages p
        WHERE p.document_id = d.id AND p.session_id = :owner AND p.text <> ''
    ), '') AS text
FROM documents d
WHERE d.session_id = :owner AND d.draft_of = :chat
ORDER BY d.created_at, d.id
""")
DROP = text("""
DELETE FROM files WHERE session_id = :owner AND id = (
    SELECT file_id FROM documents
    WHERE id = :recording AND session_id = :owner AND draft_of = :chat
)
""")


def list_of_chat(connection: Connection, session_id: UUID, chat_id: UUID) -> Sequence[AnyRow]:
    """Those of one chat, the oldest first."""
    return connection.execute(LIST, {"owner": session_id, "chat": chat_id}).all()


def drop(connection: Connection, session_id: UUID, chat_id: UUID, recording_id: UUID) -> None:
    """Delete it and its text for good, or RecordingNotFound."""
    values = {"owner": session_id, "chat": chat_id, "recording": recording_id}
    if not connection.execute(DROP, values).rowcount:
        raise RecordingNotFound
