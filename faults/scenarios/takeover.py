"""A copy of chat-ui is stopped while it writes, another takes over, and the first one wakes up.

Somebody watches through each copy: neither may show anything that is not stored in the end.
"""

import asyncio
import time

from faults.browser import Browser
from faults.scenarios.moments import EXPIRE, WORKER, Asked, ask
from faults.trial import Trial
from faults.waiting import until
from faults.watching import begin_watching

SECONDS = 30  # that a copy is stopped


async def run(trial: Trial, *, expire: bool) -> None:
    """With `expire` the lease is made to run out at once, and the model is stopped, too, meanwhile:
    both copies are in the middle of the same reply, and both get more words. Without, the copy is
    stopped for several times the lease: the reply is continued by the other one, and only there."""
    frozen = ("chat-ui", "lm-api") if expire else ("chat-ui",)
    async with trial.parley.second_copy() as url:
        person = trial.browser()
        for _ in range(trial.size):
            asked, worker, stopped = await _freeze_in_mid_reply(trial, person, frozen)
            if expire:
                trial.parley.sql(EXPIRE)
            reading = begin_watching(trial.same_person_at(url), asked.chat)

            def is_taken_over(asked: Asked = asked, worker: object = worker) -> bool:
                return bool(trial.parley.sql(WORKER, asked.reply)[0][0] != worker)

            await until(is_taken_over, "a takeover", pause=0.005)
            trial.found.figures["taken over after"].append(time.monotonic() - stopped)
            if not expire:
                await asyncio.sleep(stopped + SECONDS - time.monotonic())
            trial.parley.thaw_all()
            trial.mark_fault()
            await asyncio.gather(asked.watching, reading)
            trial.found.counts["replies taken over"] += 1


async def _freeze_in_mid_reply(
    trial: Trial, person: Browser, services: tuple[str, ...]
) -> tuple[Asked, object, float]:
    """A reply that the supervised copy writes, for it was asked; who that is, and when it was
    stopped."""
    while True:
        asked, moment = await ask(trial, person), time.monotonic()
        for service in services:
            trial.parley.freeze(service)
        ((worker, state),) = trial.parley.sql(WORKER, asked.reply)
        if state == "running":
            return asked, worker, moment
        trial.parley.thaw_all()  # it had ended just before
