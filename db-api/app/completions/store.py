"""Storing what a program asks for: a chat of its own, which no list has, with one queued reply.

It is a chat so that everything else holds for it, too: the limits, the queue, recovery, deletion.
"""

import json
from uuid import UUID

from sqlalchemy import Connection, text

from app.completions.join import LOOK, find_request, join
from app.completions.listen import listen
from app.completions.schemas import NewCompletion, SentCompletion
from app.errors import KeyReused
from app.limits import Quotas
from app.messages import repository as messages
from app.queue.room import check_room
from app.sending.send import STORE
from app.sending.storing import Stored, claim_and_read
from app.usage.repository import taking
from app.usage.schemas import Room

STORE_CHAT = text("""
INSERT INTO chats (
    session_id, username, system_prompt, temperature, reply_tokens, sampling, client_key,
    request_sha256, expires_at
)
VALUES (
    :session_id, 'API', :system_prompt, :temperature, :reply_tokens, CAST(:sampling AS jsonb),
    CAST(:client_key AS varchar), CAST(:request_sha256 AS varchar),
    now() + make_interval(days => :days)
)
ON CONFLICT (session_id, client_key) DO NOTHING
RETURNING id
""")
# What templates write around a message, and around all of them, at most.
TOKENS_OF_MESSAGE, TOKENS_OF_PROMPT = 16, 100
STORE_HISTORY = text("SELECT store_history(:chat_id, :session_id, CAST(:history AS json))")


def store(
    connection: Connection,
    session_id: UUID,
    new: NewCompletion,
    *,
    slots: int,
    quotas: Quotas,
    days: int,
    most_tokens: int,
) -> SentCompletion:
    """The question and its reply, claimed if it is its turn; or those that are there, if the same
    request came before. Counts as one message of the session, and raises what sending one
    raises. `most_tokens` is what a reply has that is told no other number."""
    if known := find_request(connection, session_id, new):
        return join(connection, session_id, known, new.worker, slots=slots, quotas=quotas)
    values = {
        "session_id": session_id,
        "system_prompt": new.system_prompt,
        "temperature": new.temperature,
        "reply_tokens": new.reply_tokens,
        "client_key": new.client_key,
        "request_sha256": new.request_sha256,
        "sampling": _write_sampling(new),
        "days": days,
    }
    # First, because its row of what the session uses is what the look locks.
    chat_id = connection.execute(STORE_CHAT, values).scalar_one_or_none()
    if chat_id is None:  # another request came with the key at the same time
        raise KeyReused
    owner = {"session_id": session_id, "chat_id": chat_id}
    tokens = estimate_tokens(new, quotas.context_tokens, most_tokens)
    taken = taking(quotas, messages=1, tokens=tokens)
    found = connection.execute(LOOK, {"chat_id": chat_id, **taken}).one()
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
        "tokens": tokens,
    }
    written = messages.parse(connection.execute(STORE, {**owner, **asked}).scalar_one())
    question, answer = written
    until = listen(connection, session_id, answer.id, begins=True) if new.listens else None
    stored = Stored(question.id, answer.id, None, written, room=Room.of(found.taken))
    sent = claim_and_read(connection, owner, new.worker, stored, slots)
    return SentCompletion(**dict(sent), listened_until=until)


def estimate_tokens(new: NewCompletion, context: int, most_tokens: int) -> int:
    """The most that it may take, read and written: a token has at least a byte, and the model can
    see no more than its context."""
    contents = (new.system_prompt, new.question, *(given.content for given in new.history))
    read = sum(len(content.encode()) + TOKENS_OF_MESSAGE for content in contents)
    return min(context, TOKENS_OF_PROMPT + read + (new.reply_tokens or most_tokens))


def _write_sampling(new: NewCompletion) -> str:
    response = {"response": new.response.model_dump()} if new.response else {}
    return json.dumps({**new.sampling.model_dump(), **response})
