"""Small file systems of our own, that can be filled to the last byte without harm to anybody."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.local_stack import LocalStack, make_home

from faults.stage import Unavailable

SIZE = "400m"  # Parley wants 200 MB free at its start


@contextlib.contextmanager
def one_small_disk() -> Iterator[Path]:
    """A home that is wholly on a small disk: database, logs, everything."""
    home = make_home()
    with _mounted(home):
        yield home
    shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def small_database_disk() -> Iterator[Path]:
    """A home whose database alone is on a small disk, which it has all to itself."""
    _require_root()
    home = make_home()
    with LocalStack(home):
        pass  # makes the database, which then moves
    database, aside = home / "db", home / "db.aside"
    owner = database.stat()
    database.rename(aside)
    database.mkdir()
    with _mounted(database):
        shutil.copytree(aside, database, dirs_exist_ok=True)
        for path in (database, *database.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
        database.chmod(0o700)
        yield home
    shutil.rmtree(home, ignore_errors=True)


def fill(balloon: Path) -> None:
    """Takes every byte that is left, in ever smaller pieces."""
    with balloon.open("wb", buffering=0) as file:
        size = 1 << 24
        while size:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2


@contextlib.contextmanager
def _mounted(place: Path) -> Iterator[None]:
    _require_root()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "parley-faults", str(place)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        shutil.rmtree(place, ignore_errors=True)
        raise Unavailable(f"a small file system can't be mounted: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def _require_root() -> None:
    if os.geteuid() != 0:
        raise Unavailable("only root can mount a small file system")
