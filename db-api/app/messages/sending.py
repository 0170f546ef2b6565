"""Sending a message: stored once, with its reply, however often it arrives."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.errors import BranchMoved, KeyReused, MessageNotFound, MessageTooLarge
from app.messages.asking import SHOW_ANSWER, Asking
from app.messages.branches import is_shown
from app.messages.schemas import NewMessage, Sent

TITLE_LENGTH = 80

# The message, the empty one its reply goes into, and the reply: one statement, one round trip.
STORE = text(f"""
WITH question AS (
    INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content, client_key)
    VALUES (:chat_id, :session_id, :seq, :parent_id, 'user', :content, :client_key)
    RETURNING id, chat_id, session_id, seq
), answer AS (
    INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content)
    SELECT chat_id, session_id, seq + 1, id, 'assistant', '' FROM question
    RETURNING id, chat_id, session_id, parent_id, seq
), job AS (
    INSERT INTO replies (message_id, chat_id, session_id)
    SELECT id, chat_id, session_id FROM answer
), {SHOW_ANSWER}
SELECT parent_id AS question, id AS answer, seq AS last_seq FROM answer
""")  # noqa: S608 - joined from constants, nothing from outside


def check_size(content: str, limit: int) -> None:
    """The limit is in bytes, as they will be stored."""
    size = len(content.encode())
    if size > limit:
        raise MessageTooLarge(size=size, limit=limit)


def make_title(content: str) -> str:
    """The first line that says something, cut to fit."""
    line = content.strip().split("\n", 1)[0].strip()
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def send(
    connection: Connection,
    session_id: UUID,
    chat_id: UUID,
    new: NewMessage,
    *,
    slots: int,
    queue_limit: int,
) -> Sent:
    """Store the message with its queued reply, below the head or as another version of the one
    it replaces, and claim the reply if its turn is now."""
    asking = Asking(connection, session_id, chat_id, new)
    found = asking.found
    if found.sent is not None:
        elsewhere = found.replaced is not None and found.replaced_parent != found.sent_parent
        if found.sent_role != "user" or found.sent_content != new.content or elsewhere:
            raise KeyReused
        # Its answer may have been deleted since: then it is to be sent anew.
        if found.sent_answer is None:
            raise KeyReused
        return asking.repeat(found.sent, found.sent_answer)
    if new.replaces is not None and found.replaced_role != "user":
        raise MessageNotFound
    head = asking.chat.head
    if new.replaces is None and new.seen and not is_shown(connection, session_id, head, new.seen):
        raise BranchMoved(head=None if head is None else str(head))
    asking.check_line(queue_limit)
    values = {
        **asking.owner,
        "seq": asking.chat.last_seq + 1,
        "parent_id": head if new.replaces is None else found.replaced_parent,
        "content": new.content,
        "client_key": new.client_key,
        "title": asking.chat.title if asking.chat.title is not None else make_title(new.content),
    }
    stored = connection.execute(STORE, values).one()
    return asking.conclude(
        stored.question, stored.answer, last_seq=stored.last_seq, title=values["title"], slots=slots
    )
