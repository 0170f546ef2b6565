"""The database's clock jumps a day, forwards and back, while replies are being written.

Done by libfaketime in PostgreSQL's processes alone: they are the ones that keep the time of leases.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from local.postgres import postgres_bin
from tests.support.local_stack import make_home

from faults.people import crowd
from faults.scenarios.moments import ask
from faults.scenarios.scenario import Unavailable
from faults.stack import PROGRAMS
from faults.terminal import say
from faults.trial import Trial

LIBRARIES = ("lib/*/faketime/libfaketime.so.1", "local/lib/faketime/libfaketime.so.1")
CLOCK = "clock"  # the file in the home that says how far the clock is off

WRAPPER = """#!/bin/sh
export LD_PRELOAD={library} FAKETIME_TIMESTAMP_FILE={clock} FAKETIME_NO_CACHE=1
export FAKETIME_DONT_FAKE_MONOTONIC=1
exec {postgres} "$@"
"""


@contextlib.contextmanager
def with_a_clock_of_its_own() -> Iterator[Path]:
    """A home whose PostgreSQL looks at a clock that we can set."""
    found = [path for pattern in LIBRARIES for path in Path("/usr").glob(pattern)]
    if not found:
        raise Unavailable("libfaketime is not here (Debian: apt install libfaketime)")
    home = make_home()
    clock, programs = home / CLOCK, home / PROGRAMS
    clock.write_text("+0\n")
    programs.mkdir()
    for program in postgres_bin().iterdir():
        if program.name != "postgres":
            (programs / program.name).symlink_to(program)
    wrapper, postgres = programs / "postgres", postgres_bin() / "postgres"
    wrapper.write_text(WRAPPER.format(library=found[0], clock=clock, postgres=postgres))
    wrapper.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def run(trial: Trial) -> None:
    """`trial.size` times a day forwards and back while people talk; then the worst moment: the
    writing copy dies, and before its lease has run out the clock goes back a day."""
    async with crowd(trial, 3):
        for _ in range(trial.size):
            for jump in ("+1d", "+0", "-1d", "+0"):
                await asyncio.sleep(trial.rng.uniform(1.5, 3))
                _set(trial, jump)
    asked = await ask(trial, trial.browser(), 10)
    before = trial.kill("chat-ui")
    _set(trial, "-1d")
    await trial.parley.wait_until_replaced("chat-ui", before)
    await asked.watching


def _set(trial: Trial, jump: str) -> None:
    (trial.parley.local.home / CLOCK).write_text(f"{jump}\n")
    say(f"  the database's clock says {trial.parley.sql('SELECT now()::timestamp(0)')[0][0]}")
    trial.found.counts["jumps"] += 1
    trial.mark_fault()
