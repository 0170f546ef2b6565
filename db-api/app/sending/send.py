"""Sending a message: stored once, with its queued reply, however often it arrives."""

import re
from uuid import UUID

from sqlalchemy import Connection, text

from app.branches.show import is_shown
from app.chats import repository as chats
from app.errors import BranchMoved, KeyReused, MessageNotFound
from app.limits import TITLE_CHARACTERS, Quotas
from app.messages import repository as messages
from app.messages.pictures import store_pictures
from app.queue.room import check_room
from app.sending.schemas import NewMessage, Sent
from app.sending.storing import LOOK_UP, SHOW_ANSWER, Stored, claim_and_read
from app.texts import is_control, is_invisible
from app.usage.repository import taking
from app.usage.schemas import Room

# Marks of Markdown that a title does without: of headings, of what is bold, and of code.
MARKS = re.compile(r"^#{1,6}\s+|(?<!\w)\*\*(?=\S)(.+?)(?<=\S)\*\*(?!\w)|`([^`]+)`")

# The message, the empty one its reply goes into, and the reply: one statement, one round trip.
STORE = text(f"""
WITH question AS (
    INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content, client_key)
    VALUES (:chat_id, :session_id, :seq, :parent_id, 'user', :content, :client_key)
    RETURNING *
), answer AS (
    INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content)
    SELECT chat_id, session_id, seq + 1, id, 'assistant', '' FROM question
    RETURNING *
), job AS (
    INSERT INTO replies (message_id, chat_id, session_id, tokens_reserved, mode)
    SELECT id, chat_id, session_id, CAST(:tokens AS integer),
        CASE WHEN CAST(:pictured AS boolean) THEN 'free' ELSE coalesce(
        CAST(:mode AS varchar),
        CASE WHEN EXISTS (
            SELECT FROM chat_documents d
            WHERE d.chat_id = answer.chat_id AND d.session_id = answer.session_id
        ) THEN 'documents' ELSE 'free' END
    ) END FROM answer
    RETURNING *
), written AS (TABLE question UNION ALL TABLE answer), {SHOW_ANSWER}
{messages.WRITTEN}
""")  # noqa: S608 - joined from constants, nothing from outside


def make_title(content: str) -> str | None:
    """The first line with something to see, as a title may be, without Markdown's marks; None if
    there is none."""
    lines = ("".join(" " if is_control(c) else c for c in line) for line in content.split("\n"))
    line = next((line.strip() for line in lines if not is_invisible(line)), None)
    if line is None:
        return None
    bare = MARKS.sub(lambda mark: mark[1] or mark[2] or "", line).strip()
    line = line if is_invisible(bare) else bare
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"


def send(
    connection: Connection,
    session_id: UUID,
    chat_id: UUID,
    new: NewMessage,
    *,
    slots: int,
    quotas: Quotas,
) -> Sent:
    """Store the message with its queued reply, below the head or as another version of the one
    it replaces, and claim the reply if it is its turn."""
    chat = chats.lock(connection, session_id, chat_id)
    return send_in(connection, session_id, chat, new, slots=slots, quotas=quotas)


def send_in(
    connection: Connection,
    session_id: UUID,
    chat: chats.LockedChat,
    new: NewMessage,
    *,
    slots: int,
    quotas: Quotas,
    begins: bool = False,
) -> Sent:
    """The same, in a chat that is locked, or that begins with it and nobody else knows yet."""
    owner = {"session_id": session_id, "chat_id": chat.id}
    keys = {"client_key": new.client_key, "replaces": new.replaces}
    tokens = quotas.context_tokens
    taken = taking(quotas, messages=1, chats=int(begins), tokens=tokens)
    found = connection.execute(LOOK_UP, {**owner, **keys, **taken}).one()
    if found.sent is not None:
        different_parent = found.replaced is not None and found.replaced_parent != found.sent_parent
        if found.sent_role != "user" or found.sent_content != new.content or different_parent:
            raise KeyReused
        # Its answer may have been deleted since: then it has to be sent again as a new one.
        if found.sent_answer is None:
            raise KeyReused
        stored = Stored(
            found.sent, found.sent_answer, chat.title, repeated=True, room=Room.of(found.taken)
        )
        return claim_and_read(connection, owner, new.worker, stored, slots)
    if new.replaces is not None and found.replaced_role != "user":
        raise MessageNotFound
    seen = None if new.replaces is not None else new.seen
    if seen is not None and not is_shown(connection, session_id, chat.head, seen):
        raise BranchMoved(head=None if chat.head is None else str(chat.head))
    check_room(found, quotas)
    pictures = found.replaced_pictures if new.pictures is None else new.pictures
    title = chat.title if chat.title is not None else make_title(new.content)
    values = {
        "seq": chat.last_seq + 1,
        "parent_id": chat.head if new.replaces is None else found.replaced_parent,
        "content": new.content,
        "client_key": new.client_key,
        "title": title,
        "mode": new.mode,
        "pictured": bool(pictures),
        "tokens": tokens,
    }
    written = messages.parse(connection.execute(STORE, {**owner, **values}).scalar_one())
    question, answer = written
    if pictures:
        store_pictures(connection, session_id, chat.id, question.id, pictures)
    # Another version of a message is read again, for its number among the versions; so is one with
    # pictures.
    alone = written if new.replaces is None and not pictures else None
    stored = Stored(question.id, answer.id, title, alone, room=Room.of(found.taken))
    return claim_and_read(connection, owner, new.worker, stored, slots)
