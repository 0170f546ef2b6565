"""The connection to PostgreSQL: one engine, and transactions that begin as somebody.

The login sees no row by itself. ``person`` acts for one session under row-level security,
``runner`` works for everybody under its own, narrower grants. Both commit when their block ends,
which is before the route returns: what has been answered has been stored.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection, create_engine

from app.errors import SessionEnded
from app.settings import Settings

# Several statements in one execute are one round trip; the last one's result is returned.
BEGIN_AS_PERSON = """
SET LOCAL ROLE app;
SELECT set_config('app.session_id', %(session_id)s, true);
SELECT current_session()
"""
# A session that is about to exist: its own id, made by the database, is all it may insert.
BEGIN_AS_NEWCOMER = """
SET LOCAL ROLE app;
SELECT set_config('app.session_id', uuidv7()::text, true)
"""

# A query that takes longer than this is stuck; better a clear 503 than a thread that never ends.
STATEMENT_TIMEOUT_MS = 10_000


class Database:
    """The engine, with as many connections as there are threads to use them."""

    def __init__(self, settings: Settings) -> None:
        self.engine = create_engine(
            settings.database_url,
            pool_size=settings.db_pool,
            max_overflow=0,
            pool_timeout=5,
            # A connection that died with the last PostgreSQL is replaced before it is used.
            pool_pre_ping=True,
            pool_use_lifo=True,
            # Parameters are what people wrote: never in an error, never in a log.
            hide_parameters=True,
            connect_args={
                "connect_timeout": 3,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 10_000,
                "application_name": "db-api",
                "options": f"-c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_MS}"
                # For estimates, where SQL must know how many replies run side by side.
                f" -c app.slots={settings.lm_slots}"
                f" -c idle_in_transaction_session_timeout={STATEMENT_TIMEOUT_MS}",
            },
        )

    @contextmanager
    def person(self, session_id: UUID) -> Iterator[Connection]:
        """A transaction for one live session, or SessionEnded."""
        with self.engine.begin() as connection:
            opened = connection.exec_driver_sql(BEGIN_AS_PERSON, {"session_id": str(session_id)})
            if opened.scalar_one() is None:
                raise SessionEnded
            yield connection

    @contextmanager
    def newcomer(self) -> Iterator[tuple[Connection, UUID]]:
        """A transaction for a session that does not exist yet, and the id it will have."""
        with self.engine.begin() as connection:
            session_id = UUID(connection.exec_driver_sql(BEGIN_AS_NEWCOMER).scalar_one())
            yield connection, session_id

    @contextmanager
    def runner(self) -> Iterator[Connection]:
        """A transaction for the work on replies."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL ROLE runner")
            yield connection

    @contextmanager
    def nobody(self) -> Iterator[Connection]:
        """A transaction of the bare login: enough to ask whether the database is there."""
        with self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back to PostgreSQL."""
        self.engine.dispose()


@contextmanager
def act_as_runner(connection: Connection) -> Iterator[None]:
    """Within a person's transaction, do the runner's part as the runner."""
    connection.exec_driver_sql("SET LOCAL ROLE runner")
    yield
    # Not in a finally: after an error the transaction is gone, and the role with it.
    connection.exec_driver_sql("SET LOCAL ROLE app")
