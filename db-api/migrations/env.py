"""Runs migrations as the owner of the tables, one copy at a time.

A caller (a test, say) may hand in its own settings as ``config.attributes["settings"]``.
"""

from logging.config import fileConfig

from alembic import context
from app.db.replaceable import replace_all
from app.models import Base
from app.settings import read_settings
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import OperationalError

# Any number will do, as long as nothing else in this database takes the same one.
MIGRATION_LOCK = 7_035_001


def migrate() -> None:
    """Bring the database to the wanted revision inside one transaction."""
    settings = context.config.attributes.get("settings")
    if settings is None:
        settings = read_settings()
        fileConfig(str(context.config.config_file_name), disable_existing_loggers=False)
    engine = create_engine(
        settings.database_url, connect_args={"connect_timeout": 10}, poolclass=pool.NullPool
    )
    try:
        connection = engine.connect()
    except OperationalError as error:
        cause = str(error.orig).partition("\n")[0]
        raise SystemExit(f"The migrations can't reach the database: {cause}") from None
    with connection:
        context.configure(connection=connection, target_metadata=Base.metadata)
        with context.begin_transaction():
            # Inside the transaction: taken before it, the lock would open a transaction of its
            # own, which nobody commits. Held until commit, so a second copy finds all done.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            context.run_migrations()
            found = context.get_context().get_current_heads()
            if found == tuple(context.script.get_heads()):
                replace_all(connection, *found)


if context.is_offline_mode():
    raise SystemExit("Migrations need the database: roles and locks cannot be written to a file.")
migrate()
