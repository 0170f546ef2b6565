"""Runs migrations as the owner of the tables, one copy at a time.

First db-api's logins are made and tried. Only when they work, tables change, and the owner loses
what an older db-api needs: one that still connects as the owner works until then.

A caller (a test, say) may hand in its own settings as ``config.attributes["settings"]``.
"""

from logging.config import fileConfig

from alembic import context
from app.db.logins import DROP_ROLES, TAKE_ROLES, make_logins, prove_logins
from app.db.replaceable import replace_all
from app.models import Base
from app.settings import read_settings
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import OperationalError

# Any number will do, as long as nothing else in this database takes the same one.
LOCK = text("SELECT pg_advisory_xact_lock(7035001)")


def migrate() -> None:
    """Bring the database to the wanted revision inside one transaction."""
    settings = context.config.attributes.get("settings")
    if settings is None:
        settings = read_settings()
        fileConfig(str(context.config.config_file_name), disable_existing_loggers=False)
    engine = create_engine(
        settings.owner_url, connect_args={"connect_timeout": 10}, poolclass=pool.NullPool
    )
    try:
        connection = engine.connect()
    except OperationalError as error:
        cause = str(error.orig).partition("\n")[0]
        raise SystemExit(f"The migrations can't reach the database: {cause}") from None
    newest = tuple(context.script.get_heads())
    with connection:
        # An older revision has no logins: what it is served by connects as the owner.
        is_wanted = context.get_revision_argument() in (*newest, newest)
        if is_wanted:
            with connection.begin():
                connection.execute(LOCK)
                make_logins(connection, settings)
            prove_logins(settings)
        context.configure(connection=connection, target_metadata=Base.metadata)
        with context.begin_transaction():
            # Inside the transaction: taken before it, the lock would open a transaction of its
            # own, which nobody commits. Held until commit, so a second copy finds all done.
            connection.execute(LOCK)
            connection.exec_driver_sql(TAKE_ROLES)
            context.run_migrations()
            if is_wanted:
                replace_all(connection, *newest)
                connection.exec_driver_sql(DROP_ROLES)


if context.is_offline_mode():
    raise SystemExit("Migrations need the database: roles and locks cannot be written to a file.")
migrate()
