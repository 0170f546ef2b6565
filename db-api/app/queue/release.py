"""Handing replies back: by a worker that shuts down or lost the model's server, or for a dead
one."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.jobs.leases import HELD
from app.queue.schemas import ReleaseRequest

RELEASE = text(f"""
WITH held AS MATERIALIZED (
    SELECT message_id, listened_until FROM replies
    WHERE {HELD} AND message_id = coalesce(CAST(:reply AS uuid), message_id)
    FOR NO KEY UPDATE
)
SELECT hand_back(message_id, :died),
    CASE WHEN is_paused(listened_until) THEN count_reply(message_id) END
FROM held
""")  # noqa: S608 - joined from constants, nothing from outside


def release(connection: Connection, request: ReleaseRequest) -> list[UUID]:
    """Queues again what the worker holds, text kept; the chats of these. One that was to be stopped
    is closed by the next claim. What was used for one that is paused is counted now: nobody may
    come back for it."""
    return list(connection.execute(RELEASE, request.model_dump()).scalars())
