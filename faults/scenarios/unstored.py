"""Nothing can be stored for a moment, then the copy that holds the words is killed.

What had been shown by then must not have been more than what was stored. db-api is killed rather
than thawed: it would still store what had been sent to it.
"""

import asyncio

from faults.scenarios.moments import until_written
from faults.trial import Trial
from faults.watching import begin_watching


async def run(trial: Trial) -> None:
    """db-api is frozen while a reply is being written, then chat-ui and db-api are killed."""
    person = trial.browser()
    for number in range(trial.size):
        chat = await person.open_chat()
        await person.send(chat, trial.prompt())
        watching = begin_watching(person, chat, script=number % 2 == 1)
        await until_written(trial, chat, 10)
        trial.parley.freeze("db-api")
        await asyncio.sleep(1.5)
        killed = {service: trial.parley.kill(service) for service in ("chat-ui", "db-api")}
        trial.mark_fault()
        trial.counts["copies killed with unstored words"] += 1
        for service, before in killed.items():
            await trial.parley.wait_for_successor(service, before, 60)
        await watching
    await trial.settle_and_check()
