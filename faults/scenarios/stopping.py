"""Stop: the model's slot is idle within a second, and what was shown stays."""

import asyncio
import time

from faults.bare import measure
from faults.export import read_export
from faults.scenarios.moments import until_written
from faults.trial import Trial
from faults.watching import begin_watching

GOAL = 1.0


async def run(trial: Trial) -> None:
    """`trial.size` replies are stopped after some words, nobody else asking."""
    person = trial.browser()
    for number in range(trial.size):
        chat = await person.open_chat()
        await person.send(chat, trial.prompt())
        watching = begin_watching(person, chat, script=number % 2 == 0)
        reply = await until_written(trial, chat, trial.random.randrange(1, 120))
        pressed = time.monotonic()
        await person.stop(chat, reply)
        while (await measure(trial.parley))["requests_processing"]:
            await asyncio.sleep(0.01)
        trial.figures["slot idle after"].append(time.monotonic() - pressed)
        trial.mark_fault()
        await watching
        state = (await read_export(person, chat))[-1].state
        trial.counts[f"pressed Stop, then {state}"] += 1
    if max(trial.figures["slot idle after"]) > GOAL:
        trial.miss("the slot was busy for more than 1 s")
    await trial.settle_and_check()
