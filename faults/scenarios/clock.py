"""The database's clock jumps a day, forwards and back, while replies are being written.

Done by libfaketime in PostgreSQL's processes alone: they are the ones that keep the time of leases.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from local.programs import postgres_bin
from tests.support.local_stack import make_home

from faults.export import read_export
from faults.people import Crowd
from faults.scenarios.moments import until_written
from faults.stack import PROGRAMS
from faults.stage import Unavailable
from faults.terminal import say
from faults.trial import Trial
from faults.watching import begin_watching

LIBRARIES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/local/lib/faketime/libfaketime.so.1")
CLOCK = "clock"  # the file in the home that says how far the clock is off

WRAPPER = """#!/bin/sh
export LD_PRELOAD={library} FAKETIME_TIMESTAMP_FILE={clock} FAKETIME_NO_CACHE=1
export FAKETIME_DONT_FAKE_MONOTONIC=1
exec {postgres} "$@"
"""


@contextlib.contextmanager
def with_a_clock_of_its_own() -> Iterator[Path]:
    """A home whose PostgreSQL looks at a clock that we can set."""
    found = [path for pattern in LIBRARIES for path in Path("/").glob(pattern.lstrip("/"))]
    if not found:
        raise Unavailable("libfaketime is not here (Debian: apt install libfaketime)")
    home = make_home()
    programs = home / PROGRAMS
    programs.mkdir()
    for program in postgres_bin().iterdir():
        if program.name != "postgres":
            (programs / program.name).symlink_to(program)
    clock = home / CLOCK
    clock.write_text("+0\n")
    wrapper = programs / "postgres"
    wrapper.write_text(
        WRAPPER.format(library=found[0], clock=clock, postgres=postgres_bin() / "postgres")
    )
    wrapper.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def run(trial: Trial) -> None:
    """`trial.size` times a day forwards and back while people talk; then the worst moment."""
    async with Crowd(trial, 3):
        for _ in range(trial.size):
            for jump in ("+1d", "+0", "-1d", "+0"):
                await asyncio.sleep(trial.random.uniform(1.5, 3))
                _set(trial, jump)
    await _jump_back_while_nobody_holds_the_lease(trial)
    await trial.settle_and_check()


async def _jump_back_while_nobody_holds_the_lease(trial: Trial) -> None:
    """The writing copy dies, and before its lease has run out the clock goes back a day."""
    person = trial.browser()
    chat = await person.open_chat()
    await person.send(chat, trial.prompt())
    watching = begin_watching(person, chat)
    await until_written(trial, chat, 10)
    before = trial.parley.kill("chat-ui")
    _set(trial, "-1d")
    await trial.parley.wait_for_successor("chat-ui", before, 60)
    for _ in range(60):
        if (await read_export(person, chat))[-1].final:
            await watching
            break
        await asyncio.sleep(1)


def _set(trial: Trial, jump: str) -> None:
    (trial.parley.stack.home / CLOCK).write_text(f"{jump}\n")
    said = trial.parley.sql("SELECT now()")
    say(f"  the database's clock says {said[:19]}")
    trial.counts["jumps"] += 1
    trial.mark_fault()
