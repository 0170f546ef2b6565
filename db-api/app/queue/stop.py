"""Stop: at once while a reply is queued; a running one's worker is told by its next heartbeat."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.chats import repository as chats
from app.errors import ReplyNotFound
from app.replies.repository import read
from app.replies.schemas import Reply

OWN = "chat_id = :chat_id AND session_id = :session_id"
# Row security lets nobody lock a final reply, so this finds unfinished ones only.
LOCK = text(f"""
SELECT state FROM replies WHERE message_id = :reply_id AND {OWN} FOR NO KEY UPDATE
""")  # noqa: S608 - joined from constants above, nothing from outside
FIND = text(f"SELECT FROM replies WHERE message_id = :reply_id AND {OWN}")
REQUEST_STOP = text(f"""
UPDATE replies SET stop_requested = true WHERE message_id = :reply_id AND {OWN}
""")  # noqa: S608 - joined from constants above, nothing from outside
CLOSE = text("SELECT close_reply(:reply_id, 'stopped')")

LOCK_UNFINISHED = text(f"""
SELECT FROM replies WHERE {OWN} AND state IN ('queued', 'running') FOR NO KEY UPDATE
""")
REQUEST_ALL_STOPS = text(f"""
UPDATE replies SET stop_requested = true WHERE {OWN} AND state IN ('queued', 'running')
""")  # noqa: S608 - joined from constants above, nothing from outside
CLOSE_QUEUED = text(f"""
SELECT close_reply(message_id, 'stopped') FROM replies WHERE {OWN} AND state = 'queued'
""")  # noqa: S608 - joined from constants above, nothing from outside


def stop(connection: Connection, session_id: UUID, chat_id: UUID, reply_id: UUID) -> Reply:
    """The reply, stopped or about to be; a final one stays as it is."""
    owned = {"session_id": session_id, "chat_id": chat_id, "reply_id": reply_id}
    chats.lock(connection, session_id, chat_id)
    found = connection.execute(LOCK, owned).one_or_none()
    if found is not None:
        connection.execute(REQUEST_STOP, owned)
        if found.state == "queued":
            connection.execute(CLOSE, {"reply_id": reply_id})
    elif connection.execute(FIND, owned).one_or_none() is None:
        raise ReplyNotFound
    return read(connection, reply_id)


def lock_unfinished(connection: Connection, session_id: UUID, chat_id: UUID) -> None:
    """No runner claims or changes the chat's replies until commit. Lock the chat first."""
    connection.execute(LOCK_UNFINISHED, {"session_id": session_id, "chat_id": chat_id})


def stop_all(connection: Connection, session_id: UUID, chat_id: UUID) -> None:
    """As `stop`, for every reply of the chat that is unfinished."""
    lock_unfinished(connection, session_id, chat_id)
    owner = {"session_id": session_id, "chat_id": chat_id}
    connection.execute(REQUEST_ALL_STOPS, owner)
    connection.execute(CLOSE_QUEUED, owner)
