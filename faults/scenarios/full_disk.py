"""The disk is full: a clear error, nothing acknowledged that is not stored; and it heals.

Done on small file systems of our own, that can be filled to the last byte without harm to anybody.
"""

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.local_stack import LocalStack, make_home

from faults.browser import Browser
from faults.scenarios.scenario import Unavailable
from faults.trial import Trial

SIZE = "400m"  # Parley wants 200 MB free at its start
LARGE = 20_000  # bytes of a message, so that free room inside the files is used up soon
SECONDS, SECONDS_QUICK = 8, 5  # that it stays full


async def run(trial: Trial, folder: str) -> None:
    """`trial.size` times the disk of this folder of the home is filled to the last byte, written
    to, and freed again. Where it is one disk for all, what the logs can't take must not stop
    anybody either."""
    person, balloon = trial.browser(), trial.parley.local.home / folder / "balloon"
    for _ in range(trial.size):
        chat = await person.open_chat()
        await person.send(chat, trial.prompt())
        try:
            subprocess.run(
                ["dd", "if=/dev/zero", f"of={balloon}", "bs=4k"], capture_output=True, check=False
            )
            await _keep_sending(trial, person, chat)
        finally:
            balloon.unlink()
        trial.mark_fault()
        await person.send(chat, trial.prompt())  # "never taken" if it does not heal
        trial.found.figures["works again after"].append(time.monotonic() - trial.last_fault)


async def _keep_sending(trial: Trial, person: Browser, chat: str) -> None:
    """Somebody who keeps pressing Send for a while, with large messages."""
    deadline = time.monotonic() + (SECONDS_QUICK if trial.quick else SECONDS)
    while time.monotonic() < deadline:
        text = trial.prompt() + "x" * LARGE
        entry = person.ledger.begin(chat, f"{trial.rng.getrandbits(64):x}", text)
        while entry.open and time.monotonic() < deadline:
            await person.try_to_send(entry, text)
            await asyncio.sleep(0.1)
        entry.given_up = entry.open  # it may be stored or not, but not twice
        trial.found.counts["messages not taken while it was full"] += entry.open


@contextlib.contextmanager
def one_small_disk() -> Iterator[Path]:
    """A home that is wholly on a small disk: database, logs, everything."""
    home = make_home()
    with _mounted(home, home):
        yield home


@contextlib.contextmanager
def small_database_disk() -> Iterator[Path]:
    """A home whose database alone is on a small disk, which it has all to itself."""
    home = make_home()
    with LocalStack(home):
        pass  # makes the database, which then moves
    database, made = home / "db", home / "db.made"
    database.rename(made)
    database.mkdir()
    with _mounted(database, home):
        shutil.copytree(made, database, dirs_exist_ok=True)
        for path in (database, *database.rglob("*")):
            shutil.chown(path, made.owner(), made.group())
        database.chmod(0o700)
        yield home


@contextlib.contextmanager
def _mounted(directory: Path, home: Path) -> Iterator[None]:
    """A small file system on `directory`; it and the home are gone afterwards."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "faults", str(directory)]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
        if mounted.returncode:
            raise Unavailable(f"a small file system can't be mounted: {mounted.stderr.strip()}")
        yield
    finally:
        subprocess.run(["umount", "--lazy", directory], capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)
