"""Stop, in each phase of a reply: the slot is idle within a second, and what was shown stays."""

import asyncio
import time

from faults.bare import measure
from faults.browser import Browser
from faults.export import Stored, read_export
from faults.scenarios.moments import until_written
from faults.trial import Trial
from faults.watching import begin_watching

GOAL = 1.0
WORDS = 450  # of a long prompt: the model reads it for more than a second


async def run(trial: Trial) -> None:
    """`trial.size` times: a reply is stopped in each phase, nobody else asking."""
    person = trial.browser()
    for number in range(trial.size):
        for phase in (_stop_writing, _stop_reading, _stop_queued):
            chat = await person.open_chat()
            await phase(trial, person, chat, script=number % 2 == 0)
            trial.mark_fault()
    for name, seconds in trial.figures.items():
        if max(seconds) > GOAL:
            trial.miss(f"{name} {max(seconds):.1f} s")
    await trial.settle_and_check()


async def _stop_writing(trial: Trial, person: Browser, chat: str, *, script: bool) -> None:
    await person.send(chat, trial.prompt())
    watching = begin_watching(person, chat, script=script)
    reply = await until_written(trial, chat, trial.random.randrange(1, 120))
    await _stop(trial, person, chat, reply, "writing")
    await watching


async def _stop_reading(trial: Trial, person: Browser, chat: str, *, script: bool) -> None:
    numbers = (str(trial.random.randrange(10)) for _ in range(WORDS))
    await person.send(chat, f"{trial.prompt()} {' '.join(numbers)}")
    watching = begin_watching(person, chat, script=script)
    while not (await measure(trial.parley))["requests_processing"]:
        await asyncio.sleep(0.01)
    await asyncio.sleep(trial.random.uniform(0, 0.5))
    reply = (await read_export(person, chat))[-1]
    trial.counts["stopped in mid-reading, before the first word"] += not reply.content
    await _stop(trial, person, chat, reply.id, "reading")
    await watching


async def _stop_queued(trial: Trial, person: Browser, chat: str, *, script: bool) -> None:
    """A second question waits for the first one's reply."""
    await person.send(chat, trial.prompt())
    await person.send(chat, trial.prompt())
    watching = begin_watching(person, chat, script=script)
    first, _, second = (await read_export(person, chat))[-3:]
    await person.stop(chat, second.id)
    stopped = (await read_export(person, chat))[-1]
    trial.counts[f"stopped while queued, then {stopped.state}"] += 1
    await _stop(trial, person, chat, first.id, "writing")
    await watching


async def _stop(trial: Trial, person: Browser, chat: str, reply: str, phase: str) -> None:
    """Presses Stop, and waits until the model has nothing to do."""
    pressed = time.monotonic()
    await person.stop(chat, reply)
    while (await measure(trial.parley))["requests_processing"]:
        await asyncio.sleep(0.01)
    trial.figures[f"{phase}, slot idle after"].append(time.monotonic() - pressed)
    while not (state := _state(await read_export(person, chat), reply)).final:
        await asyncio.sleep(0.05)
    trial.counts[f"stopped while {phase}, then {state.state}"] += 1


def _state(messages: list[Stored], reply: str) -> Stored:
    return next(message for message in messages if message.id == reply)
