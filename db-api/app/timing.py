"""What a request has cost, in its answer's Server-Timing header (W3C, Server Timing): how long
it took, and how many round trips to PostgreSQL of how many milliseconds together were among it."""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event


@dataclass
class Cost:
    """Of one request, from the moment this was made."""

    began: float = field(default_factory=time.perf_counter)
    round_trips: int = 0
    seconds: float = 0.0  # of all of them

    def describe(self) -> str:
        """The header's value; durations in milliseconds."""
        total = (time.perf_counter() - self.began) * 1000
        sql = f'sql;dur={self.seconds * 1000:.1f};desc="{self.round_trips} round trips"'
        return f"db-api;dur={total:.1f}, {sql}"


_current: ContextVar[Cost | None] = ContextVar("cost", default=None)


def begin() -> Cost:
    """A fresh one for the request that is being answered."""
    cost = Cost()
    _current.set(cost)  # threads that work for the request see the same object
    return cost


def count_round_trips(engine: Engine) -> None:
    """Has each counted for the request it is made for. That a statement is prepared first, once per
    connection, is part of the statement's time, and counts as nothing more."""

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if (cost := _current.get()) and not statement.startswith("PREPARE"):
            cost.round_trips += 1
            cost.seconds -= time.perf_counter()

    def done(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if (cost := _current.get()) and not statement.startswith("PREPARE"):
            cost.seconds += time.perf_counter()

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "after_cursor_execute", done)
