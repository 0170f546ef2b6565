"""People who keep talking while things go wrong: they send, click twice, watch, and look again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.support.pages import articles

from faults.browser import Browser, UnexpectedAnswer
from faults.ledger import hash_text
from faults.trial import Trial
from faults.verdict import settle
from faults.watching import begin_watching

LEAVE_AFTER = 3.0  # seconds without an end before somebody goes to another chat
MOST_OPEN = 2  # chats that somebody waits for at once: each question must be answered in a minute


@contextlib.asynccontextmanager
async def crowd(trial: Trial, size: int, url: str = "") -> AsyncIterator[None]:
    """Several people, talking until the block is left. Then everybody finishes the sentence. The
    last fault was just now: the trial settles while watches last until they are told the end."""
    people = [trial.browser(url=url) for _ in range(size)]
    ending = asyncio.Event()
    tasks = [asyncio.create_task(_talk(trial, person, ending)) for person in people]
    try:
        yield
        ending.set()
        await asyncio.gather(*tasks)
        await settle(trial)
        await asyncio.gather(*(task for person in people for task in person.watches))
    finally:
        for task in tasks:  # those of an interrupted scenario
            task.cancel()


async def _talk(trial: Trial, person: Browser, ending: asyncio.Event) -> None:
    chat = ""
    while not ending.is_set():
        if sum(not task.done() for task in person.watches) >= MOST_OPEN:
            await asyncio.sleep(0.05)
            continue
        try:
            if not chat or person.rng.random() < 0.3:
                chat = await person.open_chat()
            await _say(trial, person, chat)
            task = begin_watching(person, chat, script=person.rng.random() < 0.5)
            done, _ = await asyncio.wait({task}, timeout=LEAVE_AFTER)
            chat = chat if done else ""  # it is watched in any case
        except UnexpectedAnswer as error:
            trial.found.violate("answer", str(error), chat)
            chat = ""


async def _say(trial: Trial, person: Browser, chat: str) -> None:
    """One message or two in a row, sometimes with a double click. What is acknowledged is on the
    page."""
    for _ in range(2 if person.rng.random() < 0.15 else 1):
        script, presses = person.rng.random() < 0.5, 1 + (person.rng.random() < 0.2)
        entry = await person.send(chat, trial.prompt(), script=script, presses=presses)
        if entry.acknowledged is not None and person.rng.random() < 0.5:
            page = articles(await person.read_page(chat))
            if entry.sha256 not in {hash_text(m.text) for m in page if m.role == "user"}:
                trial.found.violate("I1", f"message {entry.number} is not on the page", chat)
