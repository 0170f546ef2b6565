"""Deleting a chat, so that it can be undone for a day; what a program asked for can't be."""

from uuid import UUID

from sqlalchemy import Connection

from app.chats import repository
from app.queue.stop import stop_all


def delete(connection: Connection, session_id: UUID, chat_id: UUID) -> bool:
    """It is not found any more, and its unfinished replies stop; ChatNotFound if there is none.
    Whether it can be restored."""
    repository.lock(connection, session_id, chat_id)
    stop_all(connection, session_id, chat_id)
    return repository.mark_deleted(connection, session_id, chat_id)
