"""Has PostgreSQL plan each statement once per connection: planning takes longer than most of ours
take to run.

psycopg2 only ever sends text, so PREPARE and EXECUTE are sent as such. Lists arrive as `text[]`.
"""

import re
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPICursor, ExceptionContext, ExecutionContext
from sqlalchemy.exc import NotSupportedError

PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def prepare_statements(engine: Engine) -> None:
    """From now on, for all that SQLAlchemy compiles. What is sent by `exec_driver_sql` stays as it
    is: it begins and ends transactions, and there is nothing in it to plan."""

    @event.listens_for(engine, "handle_error")
    def leave_stale(context: ExceptionContext) -> None:
        """A newer copy's migration changed what a statement answers: use a new connection."""
        if isinstance(context.sqlalchemy_exception, NotSupportedError):
            context.is_disconnect = True
            context.invalidate_pool_on_disconnect = False

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def execute_prepared(
        connection: Connection,
        _cursor: DBAPICursor,
        statement: str,
        parameters: Any,
        context: ExecutionContext,
        _many: bool,
    ) -> tuple[str, Any]:
        if context.compiled is None:
            return statement, parameters
        if ";" in statement:
            # A second one could outlive the transaction in this connection, which others use next:
            # another statement prepared under one of our names, say.
            raise ValueError("A statement of ours is one statement")
        numbered, names = number_parameters(statement)
        prepared: dict[str, str] = connection.info.setdefault("prepared", {})
        if statement not in prepared:
            name = f"s{len(prepared)}"
            connection.exec_driver_sql(f"PREPARE {name} AS {numbered}")
            prepared[statement] = name
        given = ", ".join(f"%({name})s" for name in names)
        return f"EXECUTE {prepared[statement]}" + (f"({given})" if given else ""), parameters


@lru_cache(maxsize=500)
def number_parameters(statement: str) -> tuple[str, list[str]]:
    """The statement with `$1` for its first parameter, wherever that is, and so on; and the
    names they had."""
    names = list(dict.fromkeys(PLACEHOLDER.findall(statement)))
    numbers = {name: f"${number}" for number, name in enumerate(names, 1)}
    return PLACEHOLDER.sub(lambda found: numbers[found[1]], statement), names
