"""A reply that is only written while a program listens to it. While nobody does it is paused: it
keeps its text, no slot, and no place in the queue; `sql/queue/close_abandoned.sql` ends it in the
end."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from app.errors import ReplyNotFound

OWN = "message_id = :reply_id AND session_id = :session_id"
FIND = text(f"SELECT FROM replies WHERE {OWN}")
# Row security lets nobody change a final reply.
LISTEN = text(f"""
UPDATE replies SET listened_until = new_listening()
WHERE {OWN} AND (listened_until IS NOT NULL OR :begins) AND finished_at IS NULL
RETURNING listened_until
""")  # noqa: S608 - joined from constants above, nothing from outside
# Somebody who has come since told a later moment.
PAUSE = text(f"""
UPDATE replies SET listened_until = clock_timestamp()
WHERE {OWN} AND listened_until = :listened_until AND finished_at IS NULL
""")  # noqa: S608 - joined from constants above, nothing from outside
FORGET = text("""
UPDATE chats SET request_sha256 = NULL
WHERE session_id = :session_id
    AND id = (SELECT chat_id FROM replies WHERE message_id = :reply_id)
""")


def check(connection: Connection, session_id: UUID, reply_id: UUID) -> None:
    """ReplyNotFound if the session has no such reply."""
    owned = {"session_id": session_id, "reply_id": reply_id}
    if connection.execute(FIND, owned).one_or_none() is None:
        raise ReplyNotFound


def listen(
    connection: Connection, session_id: UUID, reply_id: UUID, *, begins: bool = False
) -> datetime | None:
    """Somebody does, until this moment at least. None if it makes no difference: it has ended, or
    is written in any case, unless that `begins` to matter now."""
    values = {"session_id": session_id, "reply_id": reply_id, "begins": begins}
    until: datetime | None = connection.execute(LISTEN, values).scalar_one_or_none()
    return until


def pause(
    connection: Connection, session_id: UUID, reply_id: UUID, listened_until: datetime
) -> bool:
    """Whoever was told this moment listens no more; whether nobody else does. The reply's runner
    hears of it by its next heartbeat."""
    owned = {"session_id": session_id, "reply_id": reply_id}
    paused = connection.execute(PAUSE, {**owned, "listened_until": listened_until})
    return paused.rowcount == 1


def forget_request(connection: Connection, session_id: UUID, reply_id: UUID) -> None:
    """Its answer has arrived: the same request is another one from now on."""
    connection.execute(FORGET, {"session_id": session_id, "reply_id": reply_id})
