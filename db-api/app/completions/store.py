"""Storing what a program asks for: a chat of its own, which no list has, with one queued reply.

It is a chat so that everything else holds for it, too: the limits, the queue, recovery, deletion.
"""

import json
from uuid import UUID

from sqlalchemy import Connection, text

from app.completions.schemas import NewCompletion
from app.limits import Quotas
from app.messages import repository as messages
from app.queue.room import UNFINISHED, check_room
from app.sending.schemas import Sent
from app.sending.send import STORE
from app.sending.storing import Stored, claim_and_read
from app.usage.repository import TAKE, taking

STORE_CHAT = text("""
INSERT INTO chats (
    session_id, username, system_prompt, temperature, reply_tokens, sampling, expires_at
)
VALUES (
    :session_id, 'API', :system_prompt, :temperature, :reply_tokens, CAST(:sampling AS jsonb),
    now() + make_interval(days => :days)
)
RETURNING id
""")
LOOK = text(f"SELECT unfinished.*, {TAKE} AS passed FROM {UNFINISHED}")  # noqa: S608 - constants
STORE_HISTORY = text("SELECT store_history(:chat_id, :session_id, CAST(:history AS json))")


def store(
    connection: Connection,
    session_id: UUID,
    new: NewCompletion,
    *,
    slots: int,
    quotas: Quotas,
    days: int,
) -> Sent:
    """The question and its reply, claimed if it is its turn. Counts as one message of the session,
    and raises what sending one raises."""
    values = {
        "session_id": session_id,
        "system_prompt": new.system_prompt,
        "temperature": new.temperature,
        "reply_tokens": new.reply_tokens,
        "sampling": new.sampling.model_dump_json(),
        "days": days,
    }
    # First, because its row of what the session uses is what the look locks.
    chat_id = connection.execute(STORE_CHAT, values).scalar_one()
    owner = {"session_id": session_id, "chat_id": chat_id}
    found = connection.execute(LOOK, {"chat_id": chat_id, **taking(quotas, messages=1)}).one()
    check_room(found, quotas)
    history = json.dumps([given.model_dump() for given in new.history])
    last = connection.execute(STORE_HISTORY, {**owner, "history": history}).scalar_one()
    asked = {
        "seq": len(new.history) + 1,
        "parent_id": last,
        "content": new.question,
        "client_key": None,
        "title": None,
        "mode": None,
        "pictured": False,
    }
    written = messages.parse(connection.execute(STORE, {**owner, **asked}).scalar_one())
    question, answer = written
    stored = Stored(question.id, answer.id, None, written)
    return claim_and_read(connection, owner, new.worker, stored, slots)
