"""Deletes for good, every hour, what was deleted or has expired a day ago, with documents that no
chat has any more; and every minute, uploads that were given up, where sessions began, and what
programs asked for and don't want to be kept, or that has expired.

Every copy of db-api does so, one at a time: an advisory lock sees to that.
"""

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID

import anyio.to_thread
from sqlalchemy import text

from app.db.transactions import Database
from app.usage.repository import drop_addresses
from app.web.middleware import describe_fault

log = logging.getLogger("parley")

PURGE = text("SELECT purge_deleted()")
PURGE_FILES = text("SELECT purge_files()")
DROP_UPLOADS = text("DELETE FROM files WHERE stored_at IS NULL AND is_abandoned(touched_at)")
# A reply that is still being written ends first.
ENDED = """
expires_at IS NOT NULL
AND NOT EXISTS (SELECT FROM replies r WHERE r.chat_id = chats.id AND r.finished_at IS NULL)
"""
DROP_DELETED = text(f"""
DELETE FROM chats WHERE id = :chat_id AND deleted_at IS NOT NULL AND {ENDED}
""")  # noqa: S608 - joined from constants above, nothing from outside
# What is not stored, who asked deletes: what is there after ten minutes is nobody's any more.
DROP_UNKEPT = text(f"""
DELETE FROM chats WHERE id IN (
    SELECT id FROM chats WHERE {ENDED} AND (
        deleted_at IS NOT NULL OR expires_at <= now()
        OR sampling #>> '{{response,stored}}' = 'false' AND EXISTS (
            SELECT FROM replies r WHERE r.chat_id = chats.id AND is_given_up(r.finished_at)
        )
    ) LIMIT 1000
)
""")  # noqa: S608 - joined from constants above, nothing from outside
HOUR_S = 3600
MINUTE_S = 60


def purge(database: Database) -> int:
    """How many chats, sessions and files went. In small steps, each a transaction: nothing is held
    for long, and what a step has done stays done."""
    purged = 0
    for statement in (PURGE, PURGE_FILES):
        step = 1
        while step:
            with database.runner() as connection:
                step = connection.execute(statement).scalar_one()
            purged += step
    return purged


def drop_deleted(database: Database, chat_id: UUID) -> None:
    """What a program asked for and has deleted, unless it is still being written."""
    with database.runner() as connection:
        connection.execute(DROP_DELETED, {"chat_id": chat_id})


def drop_passing(database: Database) -> None:
    """Uploads of all sessions that were given up, what programs don't want to be kept, and
    addresses that nobody has to wait for."""
    with database.runner() as connection:
        connection.execute(DROP_UPLOADS)
        connection.execute(DROP_UNKEPT)
        drop_addresses(connection)


async def purge_regularly(database: Database) -> None:
    """Until cancelled."""
    await asyncio.gather(
        repeat(purge, database, pause=HOUR_S), repeat(drop_passing, database, pause=MINUTE_S)
    )


async def repeat(step: Callable[[Database], object], database: Database, pause: float) -> None:
    """Whatever goes wrong is a line in the log, and tried again after the pause."""
    while True:
        try:
            # Abandoned when the service stops: PostgreSQL ends the step by itself.
            await anyio.to_thread.run_sync(step, database, abandon_on_cancel=True)
        except Exception as error:
            log.warning("purging: %s", describe_fault(error))
        await asyncio.sleep(pause)
