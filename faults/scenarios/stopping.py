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
ELSEWHERE = "writing, pressed at another copy"

WORKER = "SELECT worker FROM replies WHERE message_id = '{reply}'"


async def run(trial: Trial) -> None:
    """`trial.size` times: a reply is stopped in each phase, nobody else asking; and as often by a
    copy of chat-ui that does not write it."""
    person = trial.browser()
    for number in range(trial.size):
        for phase in (_stop_writing, _stop_reading, _stop_queued):
            chat = await person.open_chat()
            await phase(trial, person, chat, script=number % 2 == 0)
            trial.mark_fault()
    await _stop_from_elsewhere(trial, person)
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


async def _stop_from_elsewhere(trial: Trial, person: Browser) -> None:
    """The same person, whose Stop comes to another copy than the one that writes: it can only tell
    the database."""
    async with trial.parley.second_copy() as url:
        elsewhere = trial.browser(f"{person.name}, at the second copy", url)
        elsewhere.client.cookies = person.client.cookies
        for number in range(trial.size):
            while True:
                chat = await person.open_chat()
                await person.send(chat, trial.prompt())
                watching = begin_watching(person, chat, script=number % 2 == 0)
                reply = await until_written(trial, chat, trial.random.randrange(1, 60))
                if _is_written_by_the_first(trial, reply):
                    break
                await watching  # the second copy was quicker
            await _stop(trial, elsewhere, chat, reply, ELSEWHERE)
            await watching
            trial.mark_fault()


def _is_written_by_the_first(trial: Trial, reply: str) -> bool:
    """Whether the supervised copy has claimed it: a worker is called host, process, dice."""
    worker = trial.parley.sql(WORKER.format(reply=reply))
    pid = trial.parley.local.pid_of("chat-ui")
    return bool(worker) and worker.rsplit("-", 2)[1] == str(pid)


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
