"""Deletes for good, every hour, what was deleted or has expired a day ago.

Every copy of db-api does so, one at a time: an advisory lock sees to that.
"""

import asyncio
import logging

import anyio.to_thread
from sqlalchemy import text

from app.db.transactions import Database
from app.web.middleware import describe_fault

log = logging.getLogger("parley")

PURGE = text("SELECT purge_deleted()")
HOUR_S = 3600


def purge(database: Database) -> int:
    """How many chats and sessions went. In small steps, each a transaction: nothing is held for
    long, and what a step has done stays done."""
    purged = 0
    while True:
        with database.runner() as connection:
            step: int = connection.execute(PURGE).scalar_one()
        purged += step
        if step == 0:
            return purged


async def purge_hourly(database: Database) -> None:
    """Until cancelled. Whatever goes wrong is a line in the log, and tried again in an hour."""
    while True:
        try:
            # Abandoned when the service stops: PostgreSQL ends the step by itself.
            await anyio.to_thread.run_sync(purge, database, abandon_on_cancel=True)
        except Exception as error:
            log.warning("purging: %s", describe_fault(error))
        await asyncio.sleep(HOUR_S)
