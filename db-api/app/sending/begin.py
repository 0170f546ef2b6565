"""Beginning a chat with its first message: both are stored once, however often that arrives."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.chats import repository as chats
from app.errors import InvalidInput, KeyReused
from app.limits import Quotas
from app.sending.schemas import FirstMessage, NewMessage, Sent
from app.sending.send import send, send_in

# The chat that began with this key, as long as what it began with is there.
FIND_BEGUN = text("""
SELECT s.name, m.chat_id FROM sessions s
LEFT JOIN (chats c JOIN messages m ON m.chat_id = c.id AND m.client_key = c.client_key)
    ON c.session_id = s.id AND c.client_key = :client_key AND c.deleted_at IS NULL
WHERE s.id = :session_id
""")


def begin(
    connection: Connection, session_id: UUID, first: FirstMessage, *, slots: int, quotas: Quotas
) -> Sent:
    """Store a chat under the session's name, and in it the message with its queued reply; claim the
    reply if it is its turn."""
    new = NewMessage(content=first.content, client_key=first.client_key, worker=first.worker)
    chat = chats.store(connection, session_id, None, first.system_prompt, first.client_key)
    if chat is not None:
        head = chats.store_opening(connection, session_id, chat.id, first.opening_message)
        locked = chats.LockedChat(chat.id, head, None, 0 if head is None else 1)
        return send_in(connection, session_id, locked, new, slots=slots, quotas=quotas, begins=True)
    keys = {"session_id": session_id, "client_key": first.client_key}
    found = connection.execute(FIND_BEGUN, keys).one()
    if found.name is None:
        raise InvalidInput.of("username", "The session has no name", "missing")
    if found.chat_id is None:
        raise KeyReused
    return send(connection, session_id, found.chat_id, new, slots=slots, quotas=quotas)
