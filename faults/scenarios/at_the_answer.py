"""A kill in the very moment in which a message is acknowledged."""

from faults.trial import Trial
from faults.watching import begin_watching

SERVICES = ("db-api", "db", "chat-ui")


async def run(trial: Trial) -> None:
    """`trial.size` kills; what was acknowledged must be there."""
    person = trial.browser()
    for number in range(trial.size):
        chat = await person.open_chat()
        await person.send(chat, trial.prompt(), script=number % 2 == 1)
        service = SERVICES[number % len(SERVICES)]
        before = trial.parley.kill(service)
        trial.mark_fault()
        trial.counts[f"kills of {service}"] += 1
        await trial.parley.wait_for_successor(service, before, 60)
        await trial.parley.wait_until_well()
    await trial.settle()
    await begin_watching(person, person.chats[-1])
    await trial.check()
