"""Finding what was asked before, for a request that is sent again."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.completions.listen import check, listen
from app.completions.schemas import NewCompletion, SentCompletion
from app.db.base import AnyRow
from app.errors import KeyReused
from app.limits import Quotas
from app.queue.room import UNFINISHED, check_room
from app.sending.storing import Stored, claim_and_read
from app.usage.repository import TAKE, taking
from app.usage.schemas import Room

# Until commit: equal requests come one after the other, and each sees what the others stored.
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:request_sha256, 7035007))")
# By its key, or, for a retry, what is unfinished or did not arrive: first of all what nobody
# listens to, since the others may be others' requests.
FIND = text("""
SELECT c.id AS chat_id, r.message_id AS answer, m.parent_id AS question,
    c.request_sha256 IS NOT DISTINCT FROM :request_sha256 AS is_same,
    r.state = 'queued' AS is_queued
FROM chats c
JOIN messages m ON m.id = c.head AND m.session_id = c.session_id
JOIN replies r ON r.message_id = m.id
WHERE c.session_id = :session_id AND c.deleted_at IS NULL AND (
    c.client_key = :client_key OR CAST(:is_retry AS boolean) AND c.request_sha256 = :request_sha256
    AND (r.finished_at IS NULL OR (r.state = 'complete' AND NOT is_given_up(r.finished_at)))
)
ORDER BY c.client_key IS NOT DISTINCT FROM :client_key DESC, r.listened_until, c.id DESC
LIMIT 1
""")
LOOK = text(f"SELECT unfinished.*, {TAKE} AS taken FROM {UNFINISHED}")  # noqa: S608 - constants
# Before what the session uses, the order that whoever ends it keeps.
LOCK_PAUSED = text("""
SELECT chat_id, greatest(tokens_reserved - tokens_counted, 0) AS tokens FROM replies
WHERE message_id = :reply_id AND session_id = :session_id AND state = 'queued'
    AND is_paused(listened_until)
FOR NO KEY UPDATE
""")


def find_request(connection: Connection, session_id: UUID, new: NewCompletion) -> AnyRow | None:
    """What this request asked for when it came before. KeyReused if its key came with another."""
    if new.request_sha256 is None:
        return None
    asked = new.model_dump(include={"client_key", "request_sha256", "is_retry"})
    connection.execute(LOCK, asked)
    found = connection.execute(FIND, {**asked, "session_id": session_id}).one_or_none()
    if found is not None and not found.is_same:
        raise KeyReused
    return found


def resume(connection: Connection, session_id: UUID, reply_id: UUID, quotas: Quotas) -> Room | None:
    """If the reply is paused: what is left when it is queued again, or why it may not be. It
    counted as a message when it came first, and what it has used is counted."""
    check(connection, session_id, reply_id)
    owned = {"reply_id": reply_id, "session_id": session_id}
    paused = connection.execute(LOCK_PAUSED, owned).one_or_none()
    if paused is None:
        return None
    taken = taking(quotas, tokens=paused.tokens)
    found = connection.execute(LOOK, {"chat_id": paused.chat_id, **taken}).one()
    check_room(found, quotas)
    return Room.of(found.taken)


def join(
    connection: Connection,
    session_id: UUID,
    found: AnyRow,
    worker: str | None,
    *,
    slots: int,
    quotas: Quotas,
) -> SentCompletion:
    """What is there of it, however it ended. What was paused is queued again, if there is room, and
    claimed if it is its turn."""
    owner = {"session_id": session_id, "chat_id": found.chat_id}
    room = resume(connection, session_id, found.answer, quotas)
    until = listen(connection, session_id, found.answer)  # before LOOK, in the order told above
    if room is None:
        look = connection.execute(LOOK, {"chat_id": found.chat_id, **taking(quotas)}).one()
        room = Room.of(look.taken)
    stored = Stored(found.question, found.answer, None, repeated=not found.is_queued, room=room)
    sent = claim_and_read(connection, owner, worker, stored, slots)
    return SentCompletion(**dict(sent) | {"repeated": True}, listened_until=until)
