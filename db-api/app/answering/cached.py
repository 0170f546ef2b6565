"""Finds an earlier answer to exactly the same, for the worker that holds a reply. The replies
themselves are the cache: what is deleted or old is not found any more."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.answering.schemas import Cached, FindCached
from app.db.transactions import acting_as_person
from app.errors import LeaseLost
from app.replies.repository import lock_chat

# Another version is wanted because the first one is not.
HELD = text("""
SELECT r.session_id, r.cached, EXISTS (
    SELECT FROM messages other
    WHERE other.parent_id = m.parent_id AND other.chat_id = m.chat_id AND other.id <> m.id
) AS is_version
FROM replies r JOIN messages m ON m.id = r.message_id
WHERE r.message_id = :reply_id AND r.worker = :worker AND r.state = 'running'
FOR NO KEY UPDATE OF r
""")
FIND = text("""
SELECT m.content AS text, r.model, r.prompt_tokens, r.completion_tokens,
    r.error IS NOT DISTINCT FROM 'reply-limit' AS is_cut
FROM replies r
JOIN messages m ON m.id = r.message_id
JOIN chats c ON c.id = r.chat_id
WHERE r.session_id = :owner AND r.cache_key = :cache_key AND r.state = 'complete'
    AND r.finished_at > now() - make_interval(secs => :seconds)
    AND c.deleted_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > now())
ORDER BY r.finished_at DESC
LIMIT 1
""")
NOTE = text("UPDATE replies SET cached = :cached WHERE message_id = :reply_id")


def find_cached(connection: Connection, reply_id: UUID, request: FindCached) -> Cached | None:
    """Of the same session, which alone sees it. None if there is none, or another version of a
    reply is wanted."""
    lock_chat(connection, reply_id)
    held = connection.execute(HELD, {"reply_id": reply_id, "worker": request.worker}).one_or_none()
    if held is None:
        raise LeaseLost
    found = None
    if not held.is_version:
        values = request.model_dump(include={"cache_key", "seconds"})
        with acting_as_person(connection, held.session_id):
            found = connection.execute(FIND, {**values, "owner": held.session_id}).one_or_none()
    is_cached = found is not None
    if is_cached != held.cached:  # a worker before this one may have found one, and died
        connection.execute(NOTE, {"reply_id": reply_id, "cached": is_cached})
    return Cached.model_validate(found, from_attributes=True) if found else None
