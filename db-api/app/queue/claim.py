"""Claiming the next reply, a new one or one whose lease has run out.

The order, the number of slots and the expired leases are looked at in the database, where all
copies meet: `sql/queue/claim_reply.sql`.
"""

from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from app.prompt import trim
from app.prompt.build import build_prompt
from app.prompt.passages import is_given
from app.queue.schemas import Claim
from app.replies.passages import read_for_runner
from app.replies.repository import COLUMNS
from app.replies.schemas import Reply, Step

CLAIMED = f"""
{COLUMNS}, r.chat_id, r.session_id, r.worker, r.text, r.finished_steps, r.lease_until, r.attempts,
c.temperature, c.reply_tokens, c.turns
"""
CLAIM = text(f"""
SELECT {CLAIMED}
FROM claim_reply(:worker, :slots, CAST(:only AS uuid)) r JOIN chats c ON c.id = r.chat_id
""")  # noqa: S608 - joined from constants above, nothing from outside

HELD = text(f"""
SELECT {CLAIMED}
FROM replies r JOIN chats c ON c.id = r.chat_id
WHERE r.message_id = :reply_id AND r.worker = :worker AND r.state = 'running'
""")  # noqa: S608 - joined from constants above, nothing from outside


def claim_next(
    connection: Connection, worker: str, slots: int, *, only: UUID | None = None
) -> Claim | None:
    """The reply whose turn it is, under a new lease; with ``only``, that one or none. As runner."""
    values = {"worker": worker, "slots": slots, "only": only}
    return _describe(connection, connection.execute(CLAIM, values).mappings().one_or_none())


def find_held(connection: Connection, worker: str, reply_id: UUID) -> Claim | None:
    """The claim as it was answered to this worker, for one that never got the answer. As runner."""
    values = {"worker": worker, "reply_id": reply_id}
    return _describe(connection, connection.execute(HELD, values).mappings().one_or_none())


def _describe(connection: Connection, row: RowMapping | None) -> Claim | None:
    """With the prompt, read by a statement of its own: the claim's would not see what others
    committed while it waited for its turn."""
    if row is None:
        return None
    steps = [Step.model_validate(step) for step in row["finished_steps"]]
    if row["text"]:
        steps.append(Step(text=row["text"]))
    owner, chat_id, reply_id = row["session_id"], row["chat_id"], row["message_id"]
    # Of most replies nothing is searched, so nothing is asked for.
    searched = row["mode"] != "free" and row["found"] is not None
    passages = read_for_runner(connection, owner, reply_id) if searched else []
    given = passages if is_given(row["mode"], row["found"]) else []
    start = trim.keep_turns(connection, chat_id, reply_id, row["turns"])
    return Claim(
        reply=Reply.from_row(row),
        chat_id=chat_id,
        worker=row["worker"],
        steps=steps,
        prompt=build_prompt(
            connection,
            owner,
            chat_id,
            reply_id,
            start=start,
            passages=given,
            saw=row["saw"] if row["mode"] == "free" else "text",
        ),
        passages=passages,
        temperature=row["temperature"],
        reply_tokens=row["reply_tokens"],
        lease_until=row["lease_until"],
        attempts=row["attempts"],
    )
