"""db-api dies, and before it is back the copy of chat-ui that holds unstored words dies, too.

What had been shown by then must not have been more than what was stored: the rest of the reply will
be written anew, in other words.
"""

import asyncio

from faults.browser import Browser
from faults.scenarios.moments import until_written
from faults.trial import Trial
from faults.watching import begin_watching

BETWEEN = 1.2  # seconds: several batches of text
CHATS = 4  # at once: so none is at its end too soon


async def run(trial: Trial) -> None:
    """`trial.size` such pairs of kills, each just after the first words of some replies."""
    person = trial.browser()
    for _ in range(trial.size):
        # One after the other: the first brings the cookie that the others come with.
        chats = [await person.open_chat() for _ in range(CHATS)]
        watches = await asyncio.gather(*(_ask(trial, person, chat) for chat in chats))
        supervisor = trial.parley.freeze("supervisord")  # or db-api would be back too soon
        killed = {"db-api": trial.parley.kill("db-api")}
        await asyncio.sleep(BETWEEN)
        killed["chat-ui"] = trial.parley.kill("chat-ui")
        trial.parley.thaw(supervisor)
        trial.mark_fault()
        trial.counts["copies killed with unstored words"] += 1
        for service, before in killed.items():
            await trial.parley.wait_for_successor(service, before, 60)
        await asyncio.gather(*watches)
    await trial.settle_and_check()


async def _ask(trial: Trial, person: Browser, chat: str) -> asyncio.Task[None]:
    """A reply that has its first words; the watch of it, every other one with scripts."""
    await person.send(chat, trial.prompt())
    watching = begin_watching(person, chat, script=person.chats.index(chat) % 2 == 1)
    await until_written(trial, chat)
    return watching
