"""Two tabs of one browser send at once: both messages are kept, in one order everywhere."""

import asyncio

from faults.browser import Browser
from faults.trial import Trial
from faults.watching import begin_watching

MESSAGES = 5  # of each tab


async def run(trial: Trial) -> None:
    """`trial.size` chats."""
    person = trial.browser()
    for _ in range(trial.size):
        chat = await person.open_chat()
        watching = [begin_watching(person, chat, script=script) for script in (True, False)]
        await asyncio.gather(*(_tab(trial, person, chat, script) for script in (True, False)))
        watching += [begin_watching(person, chat, script=True)]
        await asyncio.gather(*watching)
    trial.mark_fault()
    await trial.settle_and_check()


async def _tab(trial: Trial, person: Browser, chat: str, script: bool) -> None:
    for _ in range(2 if trial.quick else MESSAGES):
        await person.send(chat, trial.prompt(), script=script)
        await person.read_page(chat)
