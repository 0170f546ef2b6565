"""Claiming the next reply, and handing replies back.

The order and the bound live in the database (``claim_reply``), where all copies meet.
"""

from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from app.replies.prompts import prompt_query
from app.replies.repository import COLUMNS
from app.replies.schemas import Claim, Reply

# The prompt reaches as far as the chat's memory. As JSON it takes no round trip of its own.
CLAIMED = f"""
{", ".join(f"r.{name}" for name in COLUMNS)},
r.chat_id, r.worker, r.text, r.prefilled, r.lease_until, r.attempts,
c.temperature, c.reply_tokens,
(
    SELECT json_agg(json_build_object('role', role, 'content', content) ORDER BY seq)
    FROM ({prompt_query("r.chat_id", "r.message_id", "NULL")}) AS given
) AS prompt
"""  # noqa: S608 - joined from constants, nothing from outside
CLAIM = text(f"""
SELECT {CLAIMED}
FROM claim_reply(:worker, :slots, CAST(:only AS uuid)) r JOIN chats c ON c.id = r.chat_id
""")  # noqa: S608 - joined from constants above, nothing from outside

HELD = text(f"""
SELECT {CLAIMED}
FROM replies r JOIN chats c ON c.id = r.chat_id
WHERE r.message_id = :reply_id AND r.worker = :worker AND r.state = 'running'
""")  # noqa: S608 - joined from constants above, nothing from outside

RELEASE = text("""
UPDATE replies
SET state = 'queued', phase = NULL, worker = NULL, lease_until = NULL
WHERE worker = :worker AND state = 'running'
RETURNING chat_id
""")


def claim_next(
    connection: Connection, worker: str, slots: int, *, only: UUID | None = None
) -> Claim | None:
    """The reply whose turn it is, held for ten seconds; with ``only``, that one or none."""
    values = {"worker": worker, "slots": slots, "only": only}
    return _describe(connection.execute(CLAIM, values).mappings().one_or_none())


def find_held(connection: Connection, worker: str, reply_id: UUID) -> Claim | None:
    """The claim as it was answered to this worker, for one that never got the answer."""
    held = connection.execute(HELD, {"worker": worker, "reply_id": reply_id})
    return _describe(held.mappings().one_or_none())


def _describe(row: RowMapping | None) -> Claim | None:
    if row is None:
        return None
    return Claim(
        reply=Reply.from_row(row),
        chat_id=row["chat_id"],
        worker=row["worker"],
        text=row["text"],
        prefilled=row["prefilled"],
        prompt=row["prompt"] or [],
        temperature=row["temperature"],
        reply_tokens=row["reply_tokens"],
        lease_until=row["lease_until"],
        attempts=row["attempts"],
    )


def release_all(connection: Connection, worker: str) -> list[UUID]:
    """Hand back what the worker holds, text kept, no attempt counted; their chats.

    They keep their number, so they stand where they stood. One that was to be stopped is
    stopped by the next claim.
    """
    return list(connection.execute(RELEASE, {"worker": worker}).scalars())
