"""Sending a message: stored once, with its reply, however often it arrives."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.chats import repository as chats
from app.db import act_as_runner
from app.errors import KeyReused, MessageTooLarge, QueueFull
from app.messages.repository import find_some
from app.messages.schemas import NewMessage, Sent
from app.replies.claiming import claim_next, find_held

TITLE_LENGTH = 80

# What is stored under this key already, with its first answer, and where the chat goes on.
LOOK_UP = text("""
SELECT
    (SELECT coalesce(max(seq), 0) + 1 FROM messages
        WHERE chat_id = :chat_id AND session_id = :session_id) AS next_seq,
    sent.id AS question, sent.content = :content AS same,
    (SELECT id FROM messages answer
        WHERE answer.parent_id = sent.id ORDER BY seq LIMIT 1) AS answer,
    line.waiting, line.wait_ms
FROM line_length() AS line
LEFT JOIN messages sent ON sent.chat_id = :chat_id AND sent.session_id = :session_id
    AND sent.client_key = :client_key
""")

# The message, the empty one its reply goes into, and the reply: one statement, one round trip.
STORE = text("""
WITH question AS (
    INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content, client_key)
    VALUES (:chat_id, :session_id, :seq, :parent_id, 'user', :content, :client_key)
    RETURNING id, chat_id, session_id, seq
), answer AS (
    INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content)
    SELECT chat_id, session_id, seq + 1, id, 'assistant', '' FROM question
    RETURNING id, chat_id, session_id, parent_id
), job AS (
    INSERT INTO replies (message_id, chat_id, session_id)
    SELECT id, chat_id, session_id FROM answer
)
SELECT parent_id AS question, id AS answer FROM answer
""")


def check_size(content: str, limit: int) -> None:
    """The limit is in bytes, as they will be stored."""
    size = len(content.encode())
    if size > limit:
        raise MessageTooLarge(size=size, limit=limit)


def check_line(waiting: int, wait_ms: int | None, limit: int) -> None:
    """The line is bounded, or a reply promised now might come tomorrow. Two sends in the same
    moment may both find the last place: the bound is a brake, not a count to rely on."""
    if waiting >= limit:
        # Time for a tenth of the line to pass.
        seconds = (wait_ms or 0) // 10_000
        raise QueueFull(limit=limit, retry_after=min(max(seconds, 5), 600))


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
    """Store the message and its queued reply below the head, and claim it if its turn is now.

    The chat's lock makes the look-up and the writing one step: of twenty equal sends, one
    stores and nineteen find it.
    """
    owner = {"session_id": session_id, "chat_id": chat_id}
    chat = chats.lock(connection, session_id, chat_id)
    keyed = {**owner, "client_key": new.client_key, "content": new.content}
    found = connection.execute(LOOK_UP, keyed).one()
    if found.question is not None:
        if not found.same:
            raise KeyReused
        claim = None
        if new.worker is not None:
            with act_as_runner(connection):
                claim = find_held(connection, new.worker, found.answer)
        message, reply = find_some(connection, session_id, chat_id, [found.question, found.answer])
        return Sent(
            message=message, reply=reply, claim=claim, title=chat.title or "", repeated=True
        )
    check_line(found.waiting, found.wait_ms, queue_limit)
    values = {**keyed, "seq": found.next_seq, "parent_id": chat.head}
    stored = connection.execute(STORE, values).one()
    title = chat.title if chat.title is not None else make_title(new.content)
    chats.advance(connection, session_id, chat_id, head=stored.answer, title=title)
    claim = None
    if new.worker is not None:
        with act_as_runner(connection):
            claim = claim_next(connection, new.worker, slots, only=stored.answer)
    message, reply = find_some(connection, session_id, chat_id, [stored.question, stored.answer])
    return Sent(message=message, reply=reply, claim=claim, title=title, repeated=False)
