"""Handing replies back, when a worker shuts down."""

from uuid import UUID

from sqlalchemy import Connection

from app.jobs.leases import hand_back

RELEASE = hand_back("replies", also="phase = NULL", returning="chat_id")


def release_all(connection: Connection, worker: str) -> list[UUID]:
    """Queues again what the worker holds, text kept, no attempt counted; the chats of these."""
    return list(connection.execute(RELEASE, {"worker": worker}).scalars())
