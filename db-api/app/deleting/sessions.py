"""Ending a session: nobody can reach anything of it, and a day later it is deleted."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.queue.stop import stop_all
from app.sessions import repository

# Those of deleted chats have been stopped.
LOCK_WAITING = text("""
SELECT id FROM chats
WHERE session_id = :session_id AND deleted_at IS NULL AND id IN (
    SELECT chat_id FROM replies
    WHERE session_id = :session_id AND state IN ('queued', 'running')
)
ORDER BY id FOR NO KEY UPDATE
""")


def end(connection: Connection, session_id: UUID) -> list[UUID]:
    """Its unfinished replies stop, since nobody is there to read them; the chats they are in."""
    waiting = connection.execute(LOCK_WAITING, {"session_id": session_id}).scalars().all()
    for chat_id in waiting:
        stop_all(connection, session_id, chat_id)
    repository.end(connection, session_id)
    return list(waiting)
