"""db-api dies, and before it is back the copy of chat-ui that holds unstored words dies, too.

What had been shown by then must not have been more than what was stored: the rest of the reply will
be written anew, in other words.
"""

import asyncio

from faults.scenarios.moments import until_written
from faults.trial import Trial
from faults.watching import begin_watching

BETWEEN = 0.65  # seconds: several batches of text, and less than db-api needs to start


async def run(trial: Trial) -> None:
    """`trial.size` such pairs of kills, each just after a reply's first words."""
    person = trial.browser()
    for number in range(trial.size):
        chat = await person.open_chat()
        await person.send(chat, trial.prompt())
        watching = begin_watching(person, chat, script=number % 2 == 1)
        await until_written(trial, chat)
        killed = {"db-api": trial.parley.kill("db-api")}
        await asyncio.sleep(BETWEEN)
        killed["chat-ui"] = trial.parley.kill("chat-ui")
        trial.mark_fault()
        trial.counts["copies killed with unstored words"] += 1
        for service, before in killed.items():
            await trial.parley.wait_for_successor(service, before, 60)
        await watching
    await trial.settle_and_check()
