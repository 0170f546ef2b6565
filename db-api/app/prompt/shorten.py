"""Shortens a prompt that the model refused as too long."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.errors import LeaseLost, NothingToShorten
from app.prompt import window
from app.prompt.build import build_prompt
from app.prompt.schemas import ShorterPrompt

HELD = text("""
SELECT chat_id FROM replies
WHERE message_id = :reply_id AND worker = :worker AND state = 'running' FOR NO KEY UPDATE
""")


def shorten(connection: Connection, reply_id: UUID, worker: str) -> ShorterPrompt:
    """About half of the prompt, for the worker that holds the reply.

    Nothing is stored: the window moves only if the shorter prompt got a reply, which is for
    `finish` to say.
    """
    held = connection.execute(HELD, {"reply_id": reply_id, "worker": worker}).one_or_none()
    if held is None:
        raise LeaseLost
    start = window.find_start(connection, reply_id)
    if start is None:
        raise NothingToShorten
    prompt = build_prompt(connection, held.chat_id, reply_id, start=start)
    return ShorterPrompt(context_start=start, prompt=prompt)
