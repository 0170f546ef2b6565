"""Claiming the next reply, and handing replies back.

The order and the bound live in the database (``claim_reply``), where all copies meet.
"""

from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from app.replies.prompts import build_prompt
from app.replies.repository import COLUMNS
from app.replies.schemas import Claim, Reply

CLAIMED = ", ".join(
    [
        *(f"r.{name}" for name in COLUMNS),
        "r.chat_id, r.worker, r.text, r.prefilled, r.lease_until, r.attempts",
        "c.temperature, c.reply_tokens",
    ]
)
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
    row = connection.execute(CLAIM, values).mappings().one_or_none()
    return None if row is None else describe_claim(connection, row)


def find_held(connection: Connection, worker: str, reply_id: UUID) -> Claim | None:
    """The claim as it was answered to this worker, for one that never got the answer."""
    held = connection.execute(HELD, {"worker": worker, "reply_id": reply_id})
    row = held.mappings().one_or_none()
    return None if row is None else describe_claim(connection, row)


def describe_claim(connection: Connection, row: RowMapping) -> Claim:
    """A claimed reply with its prompt and its chat's settings."""
    return Claim(
        reply=Reply.from_row(row),
        chat_id=row["chat_id"],
        worker=row["worker"],
        text=row["text"],
        prefilled=row["prefilled"],
        prompt=build_prompt(connection, row["chat_id"], row["message_id"]),
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
