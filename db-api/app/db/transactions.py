"""The connections to PostgreSQL, and transactions that begin as somebody.

Each kind has a login of its own (`logins.py`), which sees no row by itself and may take no other
kind's role. ``person`` acts for one session under row-level security, ``runner`` writes replies for
everybody under its own, narrower grants, ``reader`` the pages of documents. They commit when their
block ends, and ``runner_statement`` with its statement: before the route returns, so that what has
been answered has been stored.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, SQLAlchemyError

from app import timing
from app.db.asking import get_token
from app.db.network import get_network
from app.db.prepared import prepare_statements
from app.errors import SessionEnded
from app.settings import Settings

# This is where a transaction is told whose it is; sql/policies holds it to that.
BEGIN_AS_PERSON = """
BEGIN;
SET LOCAL ROLE app;
SET LOCAL app.session_id = %(asking)s;
SET LOCAL app.network = %(network)s;
SET LOCAL app.token_id = %(token)s;
SELECT require_session()
"""
SESSION_ENDED = "PY401"  # what require_session() raises
# A session that is about to exist: its own id, made by the database, is all it may insert.
NEW_SESSION = "SELECT set_config('app.session_id', uuidv7()::text, true)"
# A query that takes longer than this is stuck; better a clear 503 than a thread that never ends.
STATEMENT_TIMEOUT_MS = 10_000


def divide_pool(size: int) -> dict[str, int]:
    """How many of so many connections each login gets: at least one."""
    runner, reader = max(1, size * 3 // 10), max(1, size // 5)
    return {"app": max(1, size - runner - reader), "runner": runner, "reader": reader}


class Database:
    """An engine for each login, together with as many connections as there are threads."""

    def __init__(self, settings: Settings) -> None:
        pools = divide_pool(settings.db_pool)
        self.engines = {login: make_engine(settings, login, size) for login, size in pools.items()}

    @contextmanager
    def person(self, session_id: UUID) -> Iterator[Connection]:
        """A transaction for one live session, or SessionEnded."""
        try:
            whose = {"asking": str(session_id), "network": get_network()}
            whose["token"] = str(get_token() or "")
            with self._transaction("app", BEGIN_AS_PERSON, **whose) as connection:
                yield connection
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) == SESSION_ENDED:
                raise SessionEnded from None
            raise

    @contextmanager
    def new_session(self) -> Iterator[tuple[Connection, UUID]]:
        """A transaction for a session that does not exist yet, and the id it will have."""
        with self._transaction("app", "BEGIN; SET LOCAL ROLE app") as connection:
            yield connection, UUID(connection.exec_driver_sql(NEW_SESSION).scalar_one())

    @contextmanager
    def runner(self) -> Iterator[Connection]:
        """A transaction for the processing of replies."""
        with self._transaction("runner", "BEGIN; SET LOCAL ROLE runner") as connection:
            yield connection

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """A transaction for the reading of documents."""
        with self._transaction("reader", "BEGIN; SET LOCAL ROLE reader") as connection:
            yield connection

    @contextmanager
    def runner_statement(self) -> Iterator[Connection]:
        """For one statement of that: what is sent in one string is a transaction by itself, and is
        committed when it is answered. A second statement would have no role, and be refused."""
        with self.engines["runner"].connect() as connection:
            send_first(connection, "SET LOCAL ROLE runner")
            yield connection

    @contextmanager
    def unauthenticated(self) -> Iterator[Connection]:
        """A transaction for nobody: enough to ask whether the database is there."""
        with self._transaction("app", "BEGIN; SET LOCAL ROLE app") as connection:
            yield connection

    @contextmanager
    def _transaction(self, login: str, begin: str, **values: str) -> Iterator[Connection]:
        with self.engines[login].connect() as connection:
            send_first(connection, begin, **values)
            try:
                yield connection
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise

    def _roll_back(self, connection: Connection) -> None:
        """Nobody else may get it with a transaction still open."""
        try:
            connection.info.pop("unsent", None)
            connection.exec_driver_sql("ROLLBACK")
        except SQLAlchemyError:
            connection.invalidate()

    def close(self) -> None:
        """Give all connections back to PostgreSQL."""
        for engine in self.engines.values():
            engine.dispose()


def make_engine(settings: Settings, login: str, size: int) -> Engine:
    """With this many connections at most."""
    quotas = settings.quotas
    engine = create_engine(
        settings.login_url(login),
        pool_size=size,
        max_overflow=0,
        pool_timeout=5,
        pool_use_lifo=True,
        isolation_level="AUTOCOMMIT",  # no BEGIN of the driver's own: see send_first
        # Parameters are what people wrote: never in an error, never in a log.
        hide_parameters=True,
        execution_options={"salts_prompts": settings.salts_prompts},
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
            # For replies that end, whatever the transaction is about.
            f" -c app.tokens_per_minute={quotas.tokens_per_minute}"
            f" -c app.program_tokens_per_minute={quotas.program_tokens_per_minute}"
            # Every statement of ours finds its rows by an index, whatever its parameters are.
            " -c plan_cache_mode=force_generic_plan"
            f" -c idle_in_transaction_session_timeout={STATEMENT_TIMEOUT_MS}",
        },
    )
    timing.count_round_trips(engine)
    prepare_statements(engine)
    event.listen(engine, "before_cursor_execute", prepend_unsent, retval=True)
    event.listen(engine, "checkout", refuse_dead)
    return engine


@contextmanager
def acting_as_person(connection: Connection, session_id: UUID) -> Iterator[None]:
    """Within a runner's transaction: the block's statements are those of the session whose reply
    it writes. Of a session that has ended they find nothing."""
    acting = f"SET LOCAL ROLE app; SET LOCAL app.session_id = '{UUID(str(session_id))}'"
    _prepend(connection, acting)
    yield
    _prepend(connection, "SET LOCAL ROLE runner")


def send_first(connection: Connection, statement: str, **values: str) -> None:
    """Sends this in front of the first statement, and nothing that was to go there before: several
    in one string are one round trip, and the last one's result is returned."""
    connection.info["unsent"] = (f"{statement}; ", values)


def _prepend(connection: Connection, statement: str) -> None:
    before, values = connection.info.get("unsent", ("", {}))
    connection.info["unsent"] = (f"{before}{statement}; ", values)


def prepend_unsent(
    connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any
) -> tuple[str, Any]:
    """The statement with what is to go in front of it."""
    if statement.startswith("PREPARE") or "unsent" not in connection.info:
        return statement, parameters
    before, values = connection.info.pop("unsent")
    return before + statement, dict(parameters) | values


def refuse_dead(connection: Any, *_: Any) -> None:
    """Has the pool replace its connections when the next one died with the last PostgreSQL. An idle
    one gets nothing but its end, and to look for that takes no round trip."""
    end = select.poll()
    end.register(connection, select.POLLIN)
    if end.poll(0):
        raise InvalidatePoolError
