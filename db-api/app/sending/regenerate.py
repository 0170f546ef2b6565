"""Asking for a reply again: another version of it, or one that continues its text."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.chats import repository as chats
from app.errors import KeyReused, MessageNotFound, NothingToContinue, ReplyUnfinished
from app.limits import Quotas
from app.queue.room import check_room
from app.sending.schemas import NewReply, Sent
from app.sending.storing import LOOK_UP, SHOW_ANSWER, Stored, claim_and_read
from app.usage.repository import taking
from app.usage.schemas import Room

# Beside the reply it replaces. A continued one begins with the old one's text: the runner
# continues it as it would after a crash, from what the same tools said.
STORE = text(f"""
WITH answer AS (
    INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content, client_key)
    VALUES (:chat_id, :session_id, :seq, :parent_id, 'assistant', '', :client_key)
    RETURNING id, chat_id, session_id, seq
), job AS (
    INSERT INTO replies (
        message_id, chat_id, session_id, tokens_reserved, text, calls, continued, mode
    )
    SELECT answer.id, answer.chat_id, answer.session_id, CAST(:tokens AS integer),
        coalesce(old.content, ''),
        CASE WHEN old.content <> '' THEN replaced.calls ELSE '[]' END,
        coalesce(old.content <> '', false), replaced.mode
    FROM answer
    JOIN replies replaced ON replaced.message_id = :replaces
        AND replaced.session_id = answer.session_id
    LEFT JOIN messages old ON :continued AND old.id = :replaces
        AND old.chat_id = :chat_id AND old.session_id = :session_id
), {SHOW_ANSWER}
SELECT id FROM answer
""")  # noqa: S608 - joined from constants, nothing from outside


def regenerate(
    connection: Connection,
    session_id: UUID,
    chat_id: UUID,
    new: NewReply,
    *,
    slots: int,
    quotas: Quotas,
) -> Sent:
    """Store a queued reply beside the one it replaces, and claim it if it is its turn."""
    chat = chats.lock(connection, session_id, chat_id)
    owner = {"session_id": session_id, "chat_id": chat_id}
    keys = {"client_key": new.client_key, "replaces": new.replaces}
    tokens = quotas.context_tokens
    taken = taking(quotas, messages=1, tokens=tokens)
    found = connection.execute(LOOK_UP, {**owner, **keys, **taken}).one()
    if found.sent is not None:
        different_parent = found.replaced is not None and found.replaced_parent != found.sent_parent
        # NULL if the key belongs to a message of the person, so it differs.
        continued = new.continued and found.replaced_has_text is not False
        if different_parent or found.sent_continued != continued:
            raise KeyReused
        room = Room.of(found.taken)
        stored = Stored(found.sent_parent, found.sent, chat.title, repeated=True, room=room)
        return claim_and_read(connection, owner, new.worker, stored, slots)
    if found.replaced_state is None:
        raise MessageNotFound
    if found.replaced_state in ("queued", "running"):
        raise ReplyUnfinished
    ended = found.replaced_state == "complete" and found.replaced_error != "reply-limit"
    if new.continued and ended:
        raise NothingToContinue
    check_room(found, quotas)
    values = {
        "seq": chat.last_seq + 1,
        "parent_id": found.replaced_parent,
        "client_key": new.client_key,
        "continued": new.continued,
        "tokens": tokens,
        "replaces": new.replaces,
        "title": chat.title,
        "mode": None,  # that of the version it replaces; the chat keeps the one it has
    }
    answer = connection.execute(STORE, {**owner, **values}).scalar_one()
    stored = Stored(found.replaced_parent, answer, chat.title, room=Room.of(found.taken))
    return claim_and_read(connection, owner, new.worker, stored, slots)
