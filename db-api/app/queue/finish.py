"""Finishing a reply, by the worker that wrote it."""

from contextlib import nullcontext
from uuid import UUID

from sqlalchemy import Connection, text

from app.db.base import AnyRow
from app.db.transactions import acting_as_person
from app.errors import LeaseLost, OffsetDiffers
from app.prompt import trim
from app.queue.schemas import FinishRequest
from app.replies.passages import store_quotes
from app.replies.repository import lock_chat, read
from app.replies.schemas import Reply

# Row security lets nobody lock a final reply, so this finds unfinished ones only.
LOCK_REPLY = text("""
SELECT worker, text, chat_id, jsonb_array_length(finished_steps) AS step
FROM replies
WHERE message_id = :reply_id FOR NO KEY UPDATE
""")
FIND_FINISHED = text("""
SELECT r.chat_id, r.session_id, r.mode, r.saw, char_length(m.content) AS length
FROM replies r JOIN messages m ON m.id = r.message_id
WHERE r.message_id = :reply_id AND r.worker = :worker AND r.finished_at IS NOT NULL
""")
RECORD = text("""
UPDATE replies
SET text = text || :rest, model = :model,
    prompt_tokens = coalesce(:prompt_tokens, prompt_tokens),
    completion_tokens = coalesce(:completion_tokens, completion_tokens),
    first_token_ms = coalesce(first_token_ms, :first_token_ms), total_ms = :total_ms,
    prompt_start = :prompt_start, prompt_sha256 = :prompt_sha256, cache_key = :cache_key
WHERE message_id = :reply_id
RETURNING chat_id, session_id, mode, saw,
    char_length(reply_content(finished_steps, text)) AS length
""")
RECORDED = {
    *("model", "prompt_tokens", "completion_tokens", "first_token_ms", "total_ms"),
    *("prompt_start", "prompt_sha256", "cache_key"),
}
NO_ERROR = {"kind": None, "size": None, "limit": None}
CLOSE = text("SELECT close_reply(:reply_id, :state, :kind, :size, :limit)")


def finish(
    connection: Connection,
    reply_id: UUID,
    request: FinishRequest,
    *,
    context_size: int,
) -> tuple[Reply, UUID, int]:
    """Add the last text, close the reply, move the window if it is full; with the chat's id and the
    length of the message's content.

    Done twice by the same worker, the second time changes nothing and answers the same. So does
    a finish that comes after the reply was stopped because its worker seemed to be gone.
    """
    values: dict[str, UUID | int] = {"reply_id": reply_id}
    lock_chat(connection, reply_id)
    held = connection.execute(LOCK_REPLY, values).one_or_none()
    if held is None:
        finished = {**values, "worker": request.worker}
        final = connection.execute(FIND_FINISHED, finished).one_or_none()
        if final is None:
            raise LeaseLost
    else:
        if held.worker != request.worker:
            raise LeaseLost
        rest = _find_rest(held, request)
        counts = request.model_dump(include=RECORDED)
        final = connection.execute(RECORD, {**values, **counts, "rest": rest}).one()
        if quotes := [one for one in request.quotes if (one.end or 0) <= final.length]:
            store_quotes(connection, final.session_id, final.chat_id, reply_id, quotes)
        why = request.error.model_dump() if request.error else NO_ERROR
        used = (request.prompt_tokens or 0) + (request.completion_tokens or 0)
        connection.execute(CLOSE, {**values, "state": request.state, **why})
        if request.context_start is not None:
            trim.set_start(connection, final.chat_id, request.context_start)
        else:
            trim.move_if_full(connection, final.chat_id, reply_id, used, context_size)
    # Only their owner reads the words of quotes and the names of pictures.
    bare = final.mode == "free" and final.saw is None
    with nullcontext() if bare else acting_as_person(connection, final.session_id):
        return read(connection, reply_id), final.chat_id, final.length


def _find_rest(held: AnyRow, request: FinishRequest) -> str:
    """What of the text is not stored yet: a batch whose answer got lost may be sent again."""
    overlap = held.text[request.offset :]
    fits = request.step == held.step and request.offset <= len(held.text)
    if not fits or not request.text.startswith(overlap):
        raise OffsetDiffers(step=held.step, length=len(held.text))
    return request.text[len(overlap) :]
