"""lm-api is gone for a minute: replies wait, pages work, and the same replies go on."""

import asyncio

from faults.people import Crowd
from faults.scenarios.moments import until
from faults.trial import Trial

PEOPLE = 4


async def run(trial: Trial) -> None:
    """Some replies are being written when the model goes, and some are asked for meanwhile."""
    seconds = 5 if trial.quick else 60
    async with Crowd(trial, PEOPLE):
        await until(lambda: bool(trial.shown.being_written()), "a reply that is being written")
        interrupted = trial.shown.being_written()
        await asyncio.to_thread(trial.parley.hold_down, "lm-api")
        await asyncio.sleep(seconds)
        await asyncio.to_thread(trial.parley.let_up, "lm-api")
        trial.mark_fault()
        back = trial.last_fault
        await trial.parley.wait_until_well()
    stored = {m.id: (m, copy.chat) for copy in await trial.check() for m in copy.messages}
    trial.counts["seconds away"] += seconds
    trial.counts["replies interrupted"] += len(interrupted)
    for reply in interrupted:
        if again := trial.shown.goes_on_after(reply, back):
            trial.figures["the reply goes on after"].append(again - back)
        message, chat = stored[reply]
        if message.state != "complete":
            trial.violate("I2", f"an interrupted reply ended as {message.state}", chat, reply)
