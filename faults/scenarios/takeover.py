"""A copy of chat-ui is stopped while it writes, another takes over, and the first one wakes up.

Somebody watches through each copy: neither may show anything that is not stored in the end.
"""

import asyncio
import time

from faults.browser import Browser
from faults.scenarios.moments import until, until_written
from faults.stack import Parley
from faults.trial import Trial
from faults.watching import begin_watching

STOPPED_SECONDS = 30

NEWEST = """
SELECT message_id, worker, state FROM replies WHERE chat_id = '{chat}' ORDER BY number DESC LIMIT 1
"""
EXPIRE = "UPDATE replies SET lease_until = clock_timestamp() WHERE state = 'running'"


async def run_expired(trial: Trial) -> None:
    """The lease is made to run out at once, and the model holds its breath meanwhile: both copies
    are in the middle of the same reply, and both get more words."""
    async with trial.parley.second_copy() as url:
        for _ in range(trial.size):
            await _take_over(trial, url, expire=True, seconds=0)
        await trial.settle_and_check()


async def run_stopped(trial: Trial) -> None:
    """SIGSTOP for 30 s, three times the lease: the reply goes on elsewhere, and only there."""
    async with trial.parley.second_copy() as url:
        for _ in range(trial.size):
            await _take_over(trial, url, expire=False, seconds=STOPPED_SECONDS)
        await trial.settle_and_check()


async def _take_over(trial: Trial, url: str, *, expire: bool, seconds: float) -> None:
    person, parley = trial.browser(), trial.parley
    services = ("chat-ui", "lm-api") if expire else ("chat-ui",)
    while True:
        chat, watch = await _ask_the_first(trial, person)
        stopped = time.monotonic()
        frozen = [parley.freeze(service) for service in services]
        reply, worker, state = parley.sql(NEWEST.format(chat=chat)).split("|")
        if state == "running":
            break
        for pid in frozen:  # it had ended just before
            parley.thaw(pid)
    if expire:
        parley.sql(EXPIRE)
    reader = trial.browser(f"{person.name}, at the second copy", url)
    reader.client.cookies = person.client.cookies
    watches = [watch, begin_watching(reader, chat)]
    await until(lambda: _worker(parley, reply) != worker, "a takeover")
    trial.figures["taken over after"].append(time.monotonic() - stopped)
    await asyncio.sleep(max(0, seconds - (time.monotonic() - stopped)))
    for pid in frozen:
        parley.thaw(pid)
    trial.mark_fault()
    await asyncio.gather(*watches)
    trial.counts["replies taken over"] += 1


async def _ask_the_first(trial: Trial, person: Browser) -> tuple[str, asyncio.Task[None]]:
    """A chat whose reply has its first words from the supervised copy: it was asked, so it writes;
    and a watch through it."""
    chat = await person.open_chat()
    await person.send(chat, trial.prompt())
    watching = begin_watching(person, chat)
    await until_written(trial, chat)
    return chat, watching


def _worker(parley: Parley, reply: str) -> str:
    return parley.sql(f"SELECT worker FROM replies WHERE message_id = '{reply}'")
