"""Finding what a program asked for as a response."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.completions.schemas import Completion
from app.errors import ReplyNotFound
from app.messages import repository as messages

FIND = text("""
SELECT c.id, c.temperature, c.reply_tokens, c.sampling
FROM replies r JOIN chats c ON c.id = r.chat_id
WHERE r.message_id = :reply_id AND r.session_id = :session_id AND c.session_id = :session_id
    AND c.deleted_at IS NULL AND c.expires_at > now() AND c.sampling -> 'response' IS NOT NULL
""")


def find(connection: Connection, session_id: UUID, reply_id: UUID) -> Completion:
    """One of the session's; ReplyNotFound for whatever else has this id."""
    found = connection.execute(FIND, {"reply_id": reply_id, "session_id": session_id}).first()
    if found is None:
        raise ReplyNotFound
    (reply,) = messages.find_some(connection, session_id, found.id, [reply_id])
    return Completion(
        reply=reply,
        response=found.sampling["response"],
        temperature=found.temperature,
        reply_tokens=found.reply_tokens,
        sampling=found.sampling,
    )
