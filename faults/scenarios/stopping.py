"""Stop, in each phase of a reply: the slot is idle within a second, and what was shown stays."""

import asyncio
import time

from faults.bare import measure
from faults.browser import Browser
from faults.reading import read_export
from faults.scenarios.moments import WORKER, Asked, ask
from faults.trial import Trial
from faults.waiting import until
from faults.watching import begin_watching

GOAL = 1.0
WORDS = 800  # of a long prompt: the model reads it for more than a second


async def run(trial: Trial) -> None:
    """`trial.size` times: a reply is stopped in each phase, nobody else asking; and as often by a
    copy of chat-ui that does not write it."""
    person = trial.browser()
    for number in range(trial.size):
        for stop in (_stop_writing, _stop_reading, _stop_queued):
            await stop(trial, person, script=number % 2 == 0)
    await _stop_at_another_copy(trial, person)
    for name, seconds in trial.found.figures.items():
        if max(seconds) > GOAL:
            trial.found.missed.append(f"{name} {max(seconds):.1f} s")


async def _stop_writing(trial: Trial, person: Browser, *, script: bool) -> None:
    asked = await ask(trial, person, trial.rng.randrange(1, 120), script=script)
    await _stop(trial, person, asked, "writing")


async def _stop_reading(trial: Trial, person: Browser, *, script: bool) -> None:
    chat = await person.open_chat()
    await person.send(chat, trial.prompt() + " and" * WORDS)
    watching = begin_watching(person, chat, script=script)
    await until(lambda: _is_busy(trial), "a model that reads", pause=0.01)
    await asyncio.sleep(trial.rng.uniform(0, 0.5))
    reply = (await read_export(person, chat))[-1]
    trial.found.counts["stopped in mid-reading, before the first word"] += not reply.content
    await _stop(trial, person, Asked(chat, reply.id, watching), "reading")


async def _stop_queued(trial: Trial, person: Browser, *, script: bool) -> None:
    """A second question waits for the first one's reply."""
    chat = await person.open_chat()
    for _ in range(2):
        await person.send(chat, trial.prompt())
    watching = begin_watching(person, chat, script=script)
    first, _, second = (await read_export(person, chat))[-3:]
    await person.stop(chat, second.id)
    state = (await read_export(person, chat))[-1].state
    trial.found.counts[f"stopped while queued, then {state}"] += 1
    await _stop(trial, person, Asked(chat, first.id, watching), "writing")


async def _stop_at_another_copy(trial: Trial, person: Browser) -> None:
    """The same person, whose Stop comes to another copy than the one that writes: it can only tell
    the database."""
    async with trial.parley.second_copy() as url:
        other = trial.same_person_at(url)
        for number in range(trial.size):
            while True:
                characters = trial.rng.randrange(1, 60)
                asked = await ask(trial, person, characters, script=number % 2 == 0)
                if _is_written_by_the_first(trial, asked.reply):
                    break
                await asked.watching  # the second copy was quicker
            await _stop(trial, other, asked, "writing, pressed at another copy")


def _is_written_by_the_first(trial: Trial, reply: str) -> bool:
    """Whether the supervised copy has claimed it: a worker is called host, process, chance."""
    worker = str(trial.parley.sql(WORKER, reply)[0][0])
    return f"-{trial.parley.local.pid_of('chat-ui')}-" in worker


async def _stop(trial: Trial, person: Browser, asked: Asked, phase: str) -> None:
    """Presses Stop, and waits until the model has nothing to do, and for the reply's end."""
    pressed = time.monotonic()
    await person.stop(asked.chat, asked.reply)

    async def is_idle() -> bool:
        return not await _is_busy(trial)

    await until(is_idle, "an idle slot", pause=0.01)
    trial.found.figures[f"{phase}, slot idle after"].append(time.monotonic() - pressed)
    await asked.watching
    reply = next(m for m in await read_export(person, asked.chat) if m.id == asked.reply)
    trial.found.counts[f"stopped while {phase}, then {reply.state}"] += 1
    trial.mark_fault()


async def _is_busy(trial: Trial) -> bool:
    return (await measure(trial.parley))["requests_processing"] > 0
