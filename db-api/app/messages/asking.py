"""What a message sent and a reply asked for once more have in common.

Both are stored once per ``client_key``, wait in the same bounded line, are claimed in the same
step if their turn is now, and become the end of the branch shown.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from app.chats import repository as chats
from app.db import act_as
from app.errors import QueueFull
from app.messages.repository import find_some
from app.messages.schemas import Message, NewMessage, NewReply, Sent
from app.replies.claiming import claim_next, find_held
from app.replies.schemas import Claim

# What is stored under this key already, and what is to get another version.
LOOK_UP = text("""
SELECT line.waiting, line.wait_ms,
    sent.id AS sent, sent.role AS sent_role, sent.parent_id AS sent_parent,
    sent.content AS sent_content,
    (SELECT id FROM messages answer
        WHERE answer.parent_id = sent.id AND answer.session_id = :session_id
        ORDER BY seq LIMIT 1) AS sent_answer,
    (SELECT prefilled > 0 FROM replies WHERE message_id = sent.id) AS sent_goes_on,
    replaced.id AS replaced, replaced.role AS replaced_role,
    replaced.parent_id AS replaced_parent, replaced.content <> '' AS replaced_says,
    r.state AS replaced_state, r.error AS replaced_error
FROM line_length() AS line
LEFT JOIN messages sent ON sent.chat_id = :chat_id AND sent.session_id = :session_id
    AND sent.client_key = :client_key
LEFT JOIN messages replaced ON replaced.chat_id = :chat_id AND replaced.session_id = :session_id
    AND replaced.id = CAST(:replaces AS uuid)
LEFT JOIN replies r ON r.message_id = replaced.id
""")

# In the statement that stores an `answer`: the branch shown ends there from now on.
SHOW_ANSWER = """
shown AS (
    UPDATE chats SET head = answer.id, last_seq = answer.seq, title = :title, updated_at = now()
    FROM answer WHERE chats.id = :chat_id AND chats.session_id = :session_id
)
"""


class Asking:
    """One chat, held against other writers, and something new to be answered in it.

    The chat's lock makes the look-up and the writing one step: of twenty equal requests, one
    stores and nineteen find it.
    """

    def __init__(
        self,
        connection: Connection,
        session_id: UUID,
        chat_id: UUID,
        new: NewMessage | NewReply,
    ) -> None:
        self.connection = connection
        self.new = new
        self.owner = {"session_id": session_id, "chat_id": chat_id}
        self.chat = chats.lock(connection, session_id, chat_id)
        keys = {"client_key": new.client_key, "replaces": new.replaces}
        self.found = connection.execute(LOOK_UP, {**self.owner, **keys}).one()

    def check_line(self, limit: int) -> None:
        """The line is bounded, or a reply promised now might come tomorrow. Two requests in the
        same moment may both find the last place: the bound is a brake, not a count to rely on."""
        if self.found.waiting >= limit:
            # Time for a tenth of the line to pass.
            seconds = (self.found.wait_ms or 0) // 10_000
            raise QueueFull(limit=limit, retry_after=min(max(seconds, 5), 600))

    def conclude(
        self, question: UUID, answer: UUID, *, last_seq: int, title: str | None, slots: int
    ) -> Sent:
        """What was stored just now, claimed if a worker asked, a slot is free and its turn is
        now."""
        claim = None
        if self.new.worker is not None:
            act_as(self.connection, "runner")
            claim = claim_next(self.connection, self.new.worker, slots, only=answer)
        if claim is not None and isinstance(self.new, NewMessage) and self.new.replaces is None:
            message, reply = self._describe(self.new, question, last_seq, claim)
        else:
            message, reply = self._read(question, answer)
        return Sent(message=message, reply=reply, claim=claim, title=title or "", repeated=False)

    def repeat(self, question: UUID, answer: UUID) -> Sent:
        """What was stored before, with the claim for a worker that never got that answer."""
        claim = None
        if self.new.worker is not None:
            act_as(self.connection, "runner")
            claim = find_held(self.connection, self.new.worker, answer)
        message, reply = self._read(question, answer)
        return Sent(
            message=message, reply=reply, claim=claim, title=self.chat.title or "", repeated=True
        )

    def _read(self, question: UUID, answer: UUID) -> list[Message]:
        act_as(self.connection, "app")
        return find_some(self.connection, **self.owner, ids=[question, answer])

    def _describe(
        self, new: NewMessage, question: UUID, last_seq: int, claim: Claim
    ) -> tuple[Message, Message]:
        """Two that were stored just now, as they would be read: neither has another version, and
        all of one transaction was created at its beginning."""
        shared: dict[str, Any] = {
            "chat_id": claim.chat_id,
            "created_at": claim.reply.created_at,
            "version": None,
        }
        message = Message(
            id=question,
            parent_id=self.chat.head,
            seq=last_seq - 1,
            role="user",
            content=new.content,
            reply=None,
            **shared,
        )
        reply = Message(
            id=claim.reply.id,
            parent_id=question,
            seq=last_seq,
            role="assistant",
            content=claim.text,
            reply=claim.reply,
            **shared,
        )
        return message, reply
