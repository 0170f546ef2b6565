"""What sending a message and regenerating a reply have in common.

Both are stored once per ``client_key``, join the same bounded queue, are claimed in the same
transaction if it is their turn, and become the end of the branch shown. Both lock the chat first:
of twenty equal requests one stores, and nineteen find it.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from app.messages import repository as messages
from app.messages.schemas import Message
from app.queue.claim import claim_own, find_held
from app.queue.room import UNFINISHED
from app.sending.schemas import Sent
from app.usage.repository import TAKE_IF_NEW
from app.usage.schemas import Room

# What is stored under this key already, what is to be replaced, and how much is unfinished. What is
# not stored yet is taken from what the session may send.
LOOK_UP = text(f"""
SELECT unfinished.*,
    sent.id AS sent, sent.role AS sent_role, sent.parent_id AS sent_parent,
    sent.content AS sent_content,
    (SELECT id FROM messages answer
        WHERE answer.parent_id = sent.id AND answer.session_id = :session_id
        ORDER BY seq LIMIT 1) AS sent_answer,
    (SELECT continued FROM replies WHERE message_id = sent.id) AS sent_continued,
    replaced.id AS replaced, replaced.role AS replaced_role,
    replaced.parent_id AS replaced_parent, replaced.content <> '' AS replaced_has_text,
    ARRAY(
        SELECT CAST(p.document_id AS text) FROM message_pictures p
        JOIN chat_documents d ON d.document_id = p.document_id AND d.chat_id = p.chat_id
        WHERE p.message_id = replaced.id AND p.session_id = :session_id
            AND d.session_id = :session_id
        ORDER BY p.number
    ) AS replaced_pictures,
    r.state AS replaced_state, r.error AS replaced_error,
    {TAKE_IF_NEW} AS taken
FROM {UNFINISHED}
LEFT JOIN messages sent ON sent.chat_id = :chat_id AND sent.session_id = :session_id
    AND sent.client_key = :client_key
LEFT JOIN messages replaced ON replaced.chat_id = :chat_id AND replaced.session_id = :session_id
    AND replaced.id = CAST(:replaces AS uuid)
LEFT JOIN replies r ON r.message_id = replaced.id
""")  # noqa: S608 - joined from constants, nothing from outside

# In the statement that stores an `answer`: the branch shown ends there from now on.
SHOW_ANSWER = """
shown AS (
    UPDATE chats SET head = answer.id, last_seq = answer.seq, title = :title, updated_at = now(),
        mode = coalesce(CAST(:mode AS varchar), chats.mode)
    FROM answer WHERE chats.id = :chat_id AND chats.session_id = :session_id
)
"""


@dataclass(frozen=True)
class Stored:
    """A question and the message its reply goes into. ``written`` are both as their statement wrote
    them, if nothing else could have changed what a reader would find. ``room`` is what
    may still be asked for."""

    question: UUID
    answer: UUID
    title: str | None
    written: list[Message] | None = None
    repeated: bool = False
    room: Room | None = None


def claim_and_read(
    connection: Connection,
    owner: dict[str, UUID],
    worker: str | None,
    stored: Stored,
    slots: int,
) -> Sent:
    """What is stored, with a claim on the reply if a worker asked, a slot is free and it is its
    turn; or the claim a worker already holds, if the answer to its first request got lost."""
    claim = None
    if worker is not None:
        if stored.repeated:
            claim = find_held(connection, worker, stored.answer)
        else:
            claim = claim_own(connection, worker, slots, stored.answer)
    if claim is not None and stored.written is not None:
        message, answer = stored.written
        reply = answer.model_copy(update={"reply": claim.reply})
    else:
        ids = [stored.question, stored.answer]
        message, reply = messages.find_some(connection, **owner, ids=ids)
    return Sent(
        message=message,
        reply=reply,
        claim=claim,
        title=stored.title or "",
        repeated=stored.repeated,
        room=stored.room,
    )
