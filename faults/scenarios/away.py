"""lm-api is gone for a minute: replies wait, pages work, and the same replies go on."""

import asyncio

from faults.people import Crowd
from faults.trial import Trial

PEOPLE = 4


async def run(trial: Trial) -> None:
    """Some replies are being written when the model goes, and some are asked for meanwhile."""
    seconds = 5 if trial.quick else 60
    async with Crowd(trial, PEOPLE):
        while not trial.shown.being_written():
            await asyncio.sleep(0.02)
        interrupted = trial.shown.being_written()
        await asyncio.to_thread(trial.parley.hold_down, "lm-api")
        await asyncio.sleep(seconds)
        await asyncio.to_thread(trial.parley.let_up, "lm-api")
        trial.mark_fault()
        back = trial.last_fault
        await trial.parley.wait_until_well()
    await trial.settle_and_check()
    trial.counts["seconds away"] += seconds
    for reply in interrupted:
        if again := trial.shown.goes_on_after(reply, back):
            trial.figures["the reply goes on after"].append(again - back)
