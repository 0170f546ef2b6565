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
from app.replies.passages import read_for_runner, read_passages
from app.replies.repository import COLUMNS
from app.replies.schemas import Reply, Step

CLAIMED = f"""
{COLUMNS}, r.chat_id, r.session_id, r.worker, r.text, r.finished_steps, r.lease_until, r.attempts,
c.temperature, c.reply_tokens, c.turns, c.tools, c.sampling
"""
CLAIM = text(f"""
SELECT {CLAIMED}
FROM claim_reply(:worker, :slots) r JOIN chats c ON c.id = r.chat_id
""")  # noqa: S608 - joined from constants above, nothing from outside

CLAIM_OWN = text(f"""
SELECT {CLAIMED}
FROM claim_own_reply(:worker, :slots, :reply_id) r JOIN chats c ON c.id = r.chat_id
""")  # noqa: S608 - joined from constants above, nothing from outside

HELD = text(f"""
SELECT {CLAIMED}
FROM replies r JOIN chats c ON c.id = r.chat_id
WHERE r.message_id = :reply_id AND r.worker = :worker AND r.state = 'running'
""")  # noqa: S608 - joined from constants above, nothing from outside


def claim_next(connection: Connection, worker: str, slots: int) -> Claim | None:
    """The reply whose turn it is, under a new lease. As runner."""
    row = connection.execute(CLAIM, {"worker": worker, "slots": slots}).mappings().one_or_none()
    return _describe(connection, row, by_runner=True)


def claim_own(connection: Connection, worker: str, slots: int, reply_id: UUID) -> Claim | None:
    """This reply, if its turn has come, under a new lease. As the person who asked for it."""
    values = {"worker": worker, "slots": slots, "reply_id": reply_id}
    row = connection.execute(CLAIM_OWN, values).mappings().one_or_none()
    return _describe(connection, row, by_runner=False)


def find_held(connection: Connection, worker: str, reply_id: UUID) -> Claim | None:
    """The claim as it was answered to this worker, for one that never got the answer. As the person
    whose reply it is."""
    values = {"worker": worker, "reply_id": reply_id}
    row = connection.execute(HELD, values).mappings().one_or_none()
    return _describe(connection, row, by_runner=False)


def _describe(connection: Connection, row: RowMapping | None, *, by_runner: bool) -> Claim | None:
    """With the prompt, read by a statement of its own: the claim's would not see what others
    committed while it waited for its turn."""
    if row is None:
        return None
    steps = [Step.model_validate(step) for step in row["finished_steps"]]
    if row["text"]:
        steps.append(Step(text=row["text"]))
    owner, chat_id, reply_id = row["session_id"], row["chat_id"], row["message_id"]
    # Of most replies nothing is searched, so nothing is asked for.
    searched = row["found"] is not None
    read = read_for_runner if by_runner else read_passages
    passages = read(connection, owner, reply_id) if searched else []
    given = passages if is_given(row["mode"], row["found"]) else []
    start = trim.keep_turns(connection, chat_id, reply_id, row["turns"])
    return Claim(
        reply=Reply.from_row(row),
        chat_id=chat_id,
        session_id=owner,
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
            by_runner=by_runner,
        ),
        passages=passages,
        temperature=row["temperature"],
        reply_tokens=row["reply_tokens"],
        tools=row["tools"],
        sampling=row["sampling"],
        lease_until=row["lease_until"],
        attempts=row["attempts"],
    )
