"""The disk is full: a clear error, nothing acknowledged that is not stored; and it heals."""

import asyncio
import time
from pathlib import Path

from faults.browser import Browser
from faults.disks import fill
from faults.trial import Trial

LARGE = 20_000  # bytes of a message, so that free room inside the files is used up soon
SECONDS = 8  # that it stays full


async def run_everything(trial: Trial) -> None:
    """One disk for all: what the logs can't take must not stop anybody either."""
    await _run(trial, trial.parley.stack.home / "balloon")


async def run_database(trial: Trial) -> None:
    """Only the database's disk is full."""
    await _run(trial, trial.parley.stack.home / "db" / "balloon")


async def _run(trial: Trial, balloon: Path) -> None:
    """`trial.size` times: filled to the last byte, written to, and freed again."""
    person = trial.browser()
    for _ in range(trial.size):
        chat = await person.open_chat()
        await person.send(chat, trial.prompt())
        fill(balloon)
        try:
            await _write_on(trial, person, chat)
        finally:
            balloon.unlink()
        trial.mark_fault()
        freed = time.monotonic()
        entry = await person.send(chat, trial.prompt())
        if entry.acknowledged is None:
            trial.violate("back", "no message was taken after space was freed", chat)
            return
        trial.figures["works again after"].append(time.monotonic() - freed)
    await trial.settle_and_check()


async def _write_on(trial: Trial, person: Browser, chat: str) -> None:
    """Somebody who keeps pressing Send for a while, with large messages."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        text = trial.prompt() + "x" * LARGE
        entry = person.ledger.begin(person.name, chat, f"{trial.random.getrandbits(64):x}", text)
        while entry.open and time.monotonic() < deadline:
            answer = await person.try_to_send(entry, text)
            if answer is not None:
                person.judge(entry, answer, script=False)
            await asyncio.sleep(0.1)
        if entry.open:
            # Nobody comes back to it. It may be stored or not, but not twice.
            entry.given_up = True
            trial.counts["messages not taken while it was full"] += 1
