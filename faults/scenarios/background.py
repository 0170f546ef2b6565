"""Answers in the background, while everything that writes and carries them is killed: OpenAI's SDK
resumes, and what it joins is what is stored."""

import asyncio
from pathlib import Path

from local.say import Problem

from faults.invariants import find_parting
from faults.program import Program
from faults.scenarios.programs import STORED
from faults.scenarios.scenario import Unavailable
from faults.sdk_process import SDK, Told, make_environment, running_sdk
from faults.stack import SERVICES
from faults.terminal import say
from faults.trial import Trial
from faults.waiting import until

LATEST = 120  # characters after which a kill comes; an answer has about three times as many


async def kill_services(trial: Trial) -> None:
    """Until `trial.size` kills fell into an answer, of each service in turn."""
    python = await _find_sdk()
    person = trial.browser()
    await person.open_chat()
    program = await Program.begin(person, trial.parley.url)
    token, model = program.token, program.model
    await program.close()
    kills = 0
    async with running_sdk(python, trial.parley.url, token, model) as sdk:
        while kills < trial.size:
            service = SERVICES[kills % len(SERVICES)]
            question = trial.prompt()
            told, killed = await _answer(trial, sdk, question, service)
            kills += killed
            trial.found.counts["answers"] += 1
            trial.found.counts["resumed"] += told.resumed
            check(trial, question, told)
            say(f"  {kills}/{trial.size}: {service}, resumed {told.resumed} times")


async def _find_sdk() -> Path:
    try:
        return await asyncio.to_thread(make_environment)
    except Problem as problem:
        raise Unavailable(f"OpenAI's SDK can't be had: {problem}") from problem


async def _answer(trial: Trial, sdk: SDK, question: str, service: str) -> tuple[Told, bool]:
    """What came, and whether the kill fell into it."""
    written = trial.rng.randrange(1, LATEST)
    asking = asyncio.create_task(sdk.ask(question))
    sdk.written = 0
    await until(lambda: asking.done() or sdk.written >= written, "words of an answer", pause=0.005)
    if asking.done():
        return await asking, False
    before = trial.kill(service)
    told = await asking
    await trial.parley.wait_until_replaced(service, before)
    await trial.parley.wait_until_well()
    return told, True


def check(trial: Trial, question: str, told: Told) -> None:
    """One answer, complete, and the joined text is its text."""
    rows = trial.parley.sql(STORED, question)
    if len(rows) != 1:
        trial.found.violate("I4", f"{question!r} has {len(rows)} answers")
        return
    ((stored, state, *_),) = rows
    if state != "complete":
        trial.found.violate("I2", f"the answer to {question!r} is {state}")
    if told.status not in ("completed", "incomplete"):  # at its length it is incomplete
        trial.found.violate("I2", f"{question!r} was told to be {told.status!r}")
    if told.text != stored:
        at = find_parting(told.text, stored)
        trial.found.violate("join", f"what was joined parts at {at} from the stored {stored!r}")
