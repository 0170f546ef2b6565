"""The connection to PostgreSQL: one engine, and transactions that begin as somebody.

The login sees no row by itself. ``person`` acts for one session under row-level security,
``runner`` works for everybody under its own, narrower grants. Both commit when their block ends,
which is before the route returns: what has been answered has been stored.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, CursorResult, create_engine
from sqlalchemy.exc import DBAPIError, NotSupportedError, SQLAlchemyError

from app import timing
from app.errors import SessionEnded
from app.prepared import prepare_statements
from app.settings import Settings

# Several statements in one execute are one round trip; the last one's result is returned. That is
# why BEGIN is among them, and why the driver is told to send none of its own.
BEGIN_AS_PERSON = """
BEGIN;
SET LOCAL ROLE app;
SELECT set_config('app.session_id', %(session_id)s, true);
SELECT current_session()
"""
# A session that is about to exist: its own id, made by the database, is all it may insert.
BEGIN_AS_NEWCOMER = """
BEGIN;
SET LOCAL ROLE app;
SELECT set_config('app.session_id', uuidv7()::text, true)
"""
BEGIN_AS_RUNNER = "BEGIN; SET LOCAL ROLE runner"

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
            pool_use_lifo=True,
            isolation_level="AUTOCOMMIT",
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
                # Every statement of ours finds its rows by an index, whatever its parameters are.
                " -c plan_cache_mode=force_generic_plan"
                f" -c idle_in_transaction_session_timeout={STATEMENT_TIMEOUT_MS}",
            },
        )
        timing.count_statements(self.engine)
        prepare_statements(self.engine)

    @contextmanager
    def person(self, session_id: UUID) -> Iterator[Connection]:
        """A transaction for one live session, or SessionEnded."""
        values = {"session_id": str(session_id)}
        with self._transaction(BEGIN_AS_PERSON, values) as (connection, opened):
            if opened.scalar_one() is None:
                raise SessionEnded
            yield connection

    @contextmanager
    def newcomer(self) -> Iterator[tuple[Connection, UUID]]:
        """A transaction for a session that does not exist yet, and the id it will have."""
        with self._transaction(BEGIN_AS_NEWCOMER) as (connection, opened):
            yield connection, UUID(opened.scalar_one())

    @contextmanager
    def runner(self) -> Iterator[Connection]:
        """A transaction for the work on replies."""
        with self._transaction(BEGIN_AS_RUNNER) as (connection, _):
            yield connection

    @contextmanager
    def nobody(self) -> Iterator[Connection]:
        """A transaction of the bare login: enough to ask whether the database is there."""
        with self._transaction("BEGIN") as (connection, _):
            yield connection

    @contextmanager
    def _transaction(
        self, begin: str, values: dict[str, str] | None = None
    ) -> Iterator[tuple[Connection, CursorResult[Any]]]:
        connection, opened = self._begin(begin, values)
        with connection:
            try:
                yield connection, opened
                connection.exec_driver_sql("COMMIT")
            except BaseException as error:
                self._roll_back(connection)
                if isinstance(error, NotSupportedError):
                    # A newer copy's migration changed what a prepared statement answers.
                    connection.invalidate()
                raise

    def _begin(
        self, begin: str, values: dict[str, str] | None
    ) -> tuple[Connection, CursorResult[Any]]:
        connection = self.engine.connect()
        try:
            return connection, connection.exec_driver_sql(begin, values)
        except DBAPIError as error:
            connection.close()
            if not error.connection_invalidated:
                raise
        # It had died with the last PostgreSQL, and so have all others that were in the pool.
        connection = self.engine.connect()
        return connection, connection.exec_driver_sql(begin, values)

    def _roll_back(self, connection: Connection) -> None:
        """Nobody else may get it with a transaction still open."""
        try:
            connection.exec_driver_sql("ROLLBACK")
        except SQLAlchemyError:
            connection.invalidate()

    def close(self) -> None:
        """Give all connections back to PostgreSQL."""
        self.engine.dispose()


def act_as(connection: Connection, role: Literal["app", "runner"]) -> None:
    """For the rest of the transaction, or until it is called again."""
    connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
