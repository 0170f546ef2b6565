"""The end of a reply, by its runner or by the person who stops it."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.base import AnyRow
from app.chats import repository as chats
from app.errors import LeaseLost, NothingToShorten, OffsetDiffers, ReplyNotFound
from app.replies import context
from app.replies.prompts import build_prompt
from app.replies.repository import read
from app.replies.schemas import FinishRequest, Reply, ShorterPrompt

# The chat before the reply, the order every writer keeps, or a deletion and a finish could wait
# for each other.
LOCK_CHAT = text("""
SELECT c.id FROM replies r JOIN chats c ON c.id = r.chat_id
WHERE r.message_id = :reply_id FOR NO KEY UPDATE OF c
""")
# Row security lets nobody hold a final reply for change, so these find unfinished ones only.
LOCK_REPLY = text("""
SELECT worker, text, chat_id FROM replies WHERE message_id = :reply_id FOR NO KEY UPDATE
""")
LOCK_OWN_REPLY = text("""
SELECT state FROM replies
WHERE message_id = :reply_id AND chat_id = :chat_id AND session_id = :session_id
FOR NO KEY UPDATE
""")
FIND_FINISHED = text("""
SELECT chat_id FROM replies
WHERE message_id = :reply_id AND worker = :worker AND finished_at IS NOT NULL
""")
FIND_OWN = text("""
SELECT FROM replies
WHERE message_id = :reply_id AND chat_id = :chat_id AND session_id = :session_id
""")
RECORD = text("""
UPDATE replies
SET text = text || :rest, model = :model,
    prompt_tokens = coalesce(:prompt_tokens, prompt_tokens),
    completion_tokens = coalesce(:completion_tokens, completion_tokens),
    first_token_ms = coalesce(first_token_ms, :first_token_ms), total_ms = :total_ms
WHERE message_id = :reply_id
""")
COUNTS = {"model", "prompt_tokens", "completion_tokens", "first_token_ms", "total_ms"}
LENGTH = text("SELECT char_length(content) FROM messages WHERE id = :reply_id")
CLOSE = text("SELECT close_reply(:reply_id, :state, :error)")
REQUEST_STOP = text("""
UPDATE replies SET stop_requested = true
WHERE message_id = :reply_id AND chat_id = :chat_id AND session_id = :session_id
""")

HOLD_UNFINISHED = text("""
SELECT FROM replies
WHERE chat_id = :chat_id AND session_id = :session_id AND state IN ('queued', 'running')
FOR NO KEY UPDATE
""")
REQUEST_ALL_STOPS = text("""
UPDATE replies SET stop_requested = true
WHERE chat_id = :chat_id AND session_id = :session_id AND state IN ('queued', 'running')
""")
CLOSE_QUEUED = text("""
SELECT close_reply(message_id, 'stopped', NULL) FROM replies
WHERE chat_id = :chat_id AND session_id = :session_id AND state = 'queued'
""")


def finish(
    connection: Connection, reply_id: UUID, request: FinishRequest, *, context_size: int
) -> tuple[Reply, UUID, int]:
    """Add the last text, close the reply, move the context if it is full; with the chat's id and
    the length of the text that is stored.

    Done twice by the same worker, the second time changes nothing and answers the same. So does
    a finish that comes after the reply was stopped because its worker seemed to be gone.
    """
    values = {"reply_id": reply_id}
    connection.execute(LOCK_CHAT, values)
    held = connection.execute(LOCK_REPLY, values).one_or_none()
    if held is None:
        finished = {**values, "worker": request.worker}
        chat_id = connection.execute(FIND_FINISHED, finished).scalar_one_or_none()
        if chat_id is None:
            raise LeaseLost
        length = connection.execute(LENGTH, values).scalar_one()
        return read(connection, reply_id), chat_id, length
    if held.worker != request.worker:
        raise LeaseLost
    counts = request.model_dump(include=COUNTS)
    rest = find_rest(held, request)
    connection.execute(RECORD, {**values, **counts, "rest": rest})
    connection.execute(CLOSE, {**values, "state": request.state, "error": request.error})
    start = request.context_start
    used = (request.prompt_tokens or 0) + (request.completion_tokens or 0)
    if start is None and used > context_size * 3 // 4:
        start = context.find_start(connection, reply_id)
    if start is not None:
        context.set_start(connection, held.chat_id, start)
    return read(connection, reply_id), held.chat_id, len(held.text) + len(rest)


def shorten(connection: Connection, reply_id: UUID, worker: str) -> ShorterPrompt:
    """A prompt of about half the length, for one that was refused as too long.

    Nothing is stored: the chat's memory is cut only if the shorter prompt got a reply, which is
    for `finish` to say.
    """
    held = connection.execute(LOCK_REPLY, {"reply_id": reply_id}).one_or_none()
    if held is None or held.worker != worker:
        raise LeaseLost
    start = context.find_start(connection, reply_id)
    if start is None:
        raise NothingToShorten
    return ShorterPrompt(
        context_start=start, prompt=build_prompt(connection, held.chat_id, reply_id, start=start)
    )


def find_rest(held: AnyRow, request: FinishRequest) -> str:
    """What of the text is not stored yet: a batch whose answer got lost may be sent again."""
    overlap = held.text[request.offset :]
    if request.offset > len(held.text) or not request.text.startswith(overlap):
        raise OffsetDiffers(length=len(held.text))
    return request.text[len(overlap) :]


def stop(connection: Connection, session_id: UUID, chat_id: UUID, reply_id: UUID) -> Reply:
    """Stopped at once if nobody works on it, else its runner is told; final ones stay so."""
    owner = {"session_id": session_id, "chat_id": chat_id, "reply_id": reply_id}
    chats.lock(connection, session_id, chat_id)
    found = connection.execute(LOCK_OWN_REPLY, owner).one_or_none()
    if found is None:
        # Not there, or final: then it is told as it is.
        if connection.execute(FIND_OWN, owner).one_or_none() is None:
            raise ReplyNotFound
        return read(connection, reply_id)
    connection.execute(REQUEST_STOP, owner)
    if found.state == "queued":
        connection.execute(CLOSE, {"reply_id": reply_id, "state": "stopped", "error": None})
    return read(connection, reply_id)


def hold_unfinished(connection: Connection, session_id: UUID, chat_id: UUID) -> None:
    """No runner claims or changes the chat's replies until commit. Take the chat's lock first."""
    connection.execute(HOLD_UNFINISHED, {"session_id": session_id, "chat_id": chat_id})


def stop_all(connection: Connection, session_id: UUID, chat_id: UUID) -> None:
    """As `stop`, for every reply of the chat that is unfinished."""
    owner = {"session_id": session_id, "chat_id": chat_id}
    hold_unfinished(connection, session_id, chat_id)
    connection.execute(REQUEST_ALL_STOPS, owner)
    connection.execute(CLOSE_QUEUED, owner)
