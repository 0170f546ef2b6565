"""Storing the calls of tools that a reply's model makes: each before it runs, and then its result.

A worker runs a call only when this has stored it, and nobody runs one that is stored already: so a
tool runs once at most, whoever dies.
"""

from uuid import UUID

from sqlalchemy import Connection, text

from app.errors import CallDiffers, LeaseLost
from app.jobs.leases import HELD, RENEWAL
from app.queue.schemas import CallResult, NewCall
from app.replies.schemas import ToolCall

LOCK = text(f"""
SELECT chat_id, calls FROM replies WHERE message_id = :reply_id AND {HELD} FOR NO KEY UPDATE
""")  # noqa: S608 - joined from constants, nothing from outside
# Like text, a call is progress: a death after it is no attempt in vain.
STORE = text(f"""
UPDATE replies
SET calls = jsonb_set(calls, ARRAY[CAST(:place AS text)], CAST(:call AS jsonb)),
    progress = progress + 1, {RENEWAL}
WHERE message_id = :reply_id AND {HELD}
""")  # noqa: S608 - joined from constants, nothing from outside


def begin_call(connection: Connection, reply_id: UUID, number: int, new: NewCall) -> UUID:
    """Stores the call, for the worker that holds the reply; its chat's id. Repeated by that worker
    it changes nothing. CallDiffers if another call has this number, or it has ended."""
    chat_id, calls = _lock(connection, reply_id, new.worker)
    call = ToolCall(tool=new.tool, arguments=new.arguments, result=None, failed=False)
    if number == len(calls) + 1:
        _store(connection, reply_id, number, new.worker, call)
    elif number > len(calls) or calls[number - 1] != call:
        raise CallDiffers
    return chat_id


def end_call(connection: Connection, reply_id: UUID, number: int, ended: CallResult) -> UUID:
    """Stores its result; its chat's id. The first one stays."""
    chat_id, calls = _lock(connection, reply_id, ended.worker)
    if number > len(calls):
        raise CallDiffers
    call = calls[number - 1]
    if call.result is None:
        update = {"result": ended.result, "failed": ended.failed}
        _store(connection, reply_id, number, ended.worker, call.model_copy(update=update))
    return chat_id


def _lock(connection: Connection, reply_id: UUID, worker: str) -> tuple[UUID, list[ToolCall]]:
    values = {"reply_id": reply_id, "worker": worker}
    held = connection.execute(LOCK, values).one_or_none()
    if held is None:
        raise LeaseLost
    return held.chat_id, [ToolCall.model_validate(call) for call in held.calls]


def _store(
    connection: Connection, reply_id: UUID, number: int, worker: str, call: ToolCall
) -> None:
    values = {"reply_id": reply_id, "worker": worker, "place": str(number - 1)}
    connection.execute(STORE, {**values, "call": call.model_dump_json()})
