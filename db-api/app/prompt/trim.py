"""Trims the prompt of a long chat: what is older than the window's beginning is left out.

The window moves when a reply has nearly filled the context, when the model refused a prompt as too
long, or when twice as many turns are remembered as the chat asks for. It moves rarely and far, to
about the newest half, so that between moves the prompt's beginning stays the same byte for byte and
the model's cache keeps working.
"""

from uuid import UUID

from sqlalchemy import Connection, text

from app.errors import LeaseLost, NothingToShorten
from app.prompt.build import MOST_BYTES, build_prompt
from app.prompt.passages import is_given
from app.prompt.schemas import ShorterPrompt
from app.replies.passages import read_for_runner

# From the reply upwards to where the window begins, with the bytes between each message and the
# end.
BRANCH = """
WITH RECURSIVE branch AS (
    SELECT m.id, m.parent_id, m.seq, m.role, octet_length(m.content)::bigint AS bytes,
        c.context_start
    FROM messages m JOIN chats c ON c.id = m.chat_id WHERE m.id = :reply_id
    UNION ALL
    SELECT p.id, p.parent_id, p.seq, p.role, branch.bytes + octet_length(p.content),
        branch.context_start
    FROM branch JOIN messages p ON p.id = branch.parent_id
    WHERE branch.id IS DISTINCT FROM branch.context_start AND branch.bytes < :most_bytes
)
"""
# The longest tail within half of what there is; if even the last turn is longer, that turn.
FIND_HALF = text(f"""{BRANCH}
SELECT id, id = first_value(id) OVER (ORDER BY bytes DESC) AS is_first FROM branch
WHERE role = 'user'
ORDER BY bytes > (SELECT max(bytes) FROM branch) / 2,
    CASE WHEN bytes > (SELECT max(bytes) FROM branch) / 2 THEN bytes ELSE -bytes END
LIMIT 1
""")  # noqa: S608 - joined from constants above, nothing from outside
# The question is the newest turn; it is not one that is remembered.
FIND_TURN = text(f"""{BRANCH}
SELECT id FROM (
    SELECT id, row_number() OVER (ORDER BY seq DESC) - 1 AS turn, count(*) OVER () - 1 AS turns
    FROM branch WHERE role = 'user'
) AS asked
WHERE turn = CAST(:turns AS bigint) AND turns >= 2 * CAST(:turns AS bigint)
""")  # noqa: S608 - joined from constants above, nothing from outside
HELD = text("""
SELECT r.chat_id, r.session_id, r.mode, r.found, coalesce(r.saw, 'text') AS saw,
    c.expires_at IS NOT NULL AS is_of_program
FROM replies r JOIN chats c ON c.id = r.chat_id
WHERE r.message_id = :reply_id AND r.worker = :worker AND r.state = 'running'
FOR NO KEY UPDATE OF r
""")
SET = text("UPDATE chats SET context_start = :start WHERE id = :chat_id")
# A claim waits for nobody: if somebody holds the chat, a later claim moves the window.
SET_IF_FREE = text("""
UPDATE chats SET context_start = :start
WHERE id IN (SELECT id FROM chats WHERE id = :chat_id FOR NO KEY UPDATE SKIP LOCKED)
""")


def find_start(connection: Connection, reply_id: UUID) -> UUID | None:
    """The person's message that leaves about half of what there is; None if that is all of it."""
    values = {"reply_id": reply_id, "most_bytes": MOST_BYTES}
    found = connection.execute(FIND_HALF, values).one_or_none()
    return None if found is None or found.is_first else found.id


def move_if_full(
    connection: Connection, chat_id: UUID, reply_id: UUID, used: int, context_size: int
) -> None:
    """After a reply that used so many tokens: past three quarters of the context the window begins
    later from now on."""
    if used > context_size * 3 // 4 and (start := find_start(connection, reply_id)):
        set_start(connection, chat_id, start)


def keep_turns(
    connection: Connection, chat_id: UUID, reply_id: UUID, turns: int | None
) -> UUID | None:
    """Before a reply: where its prompt begins if the window has to move, so that only so many turns
    before its question stay; else None."""
    if turns is None:
        return None
    values = {"reply_id": reply_id, "turns": turns, "most_bytes": MOST_BYTES}
    start: UUID | None = connection.execute(FIND_TURN, values).scalar_one_or_none()
    if start:
        connection.execute(SET_IF_FREE, {"chat_id": chat_id, "start": start})
    return start


def set_start(connection: Connection, chat_id: UUID, start: UUID) -> None:
    """Lets the chat's window begin at this message of it."""
    connection.execute(SET, {"chat_id": chat_id, "start": start})


def shorten(connection: Connection, reply_id: UUID, worker: str) -> ShorterPrompt:
    """About half of the prompt, for the worker that holds the reply.

    Nothing is stored: the window moves only if the shorter prompt got a reply, which is for
    `finish` to say.
    """
    held = connection.execute(HELD, {"reply_id": reply_id, "worker": worker}).one_or_none()
    if held is None:
        raise LeaseLost
    # Of what a program asked for, nothing is left out without its knowledge.
    start = None if held.is_of_program else find_start(connection, reply_id)
    if start is None:
        raise NothingToShorten
    given = is_given(held.mode, held.found)
    passages = read_for_runner(connection, held.session_id, reply_id) if given else []
    prompt = build_prompt(
        connection,
        held.session_id,
        held.chat_id,
        reply_id,
        start=start,
        passages=passages,
        saw=held.saw,
    )
    return ShorterPrompt(context_start=start, prompt=prompt)
