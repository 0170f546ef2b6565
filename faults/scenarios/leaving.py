"""Clients disconnect in mid-reply: the reply completes and is there when they come back."""

from faults.scenarios.moments import until_written
from faults.trial import Trial
from faults.watching import begin_watching


async def run(trial: Trial) -> None:
    """`trial.size` readers leave after the first words, with scripts and without."""
    person = trial.browser()
    for number in range(trial.size):
        chat = await person.open_chat()
        await person.send(chat, trial.prompt())
        watching = begin_watching(person, chat, script=number % 2 == 0)
        await until_written(trial, chat)
        watching.cancel()
        trial.mark_fault()
    trial.counts["readers who left"] += trial.size
    await trial.settle()
    for copy in await trial.check():
        if any(m.state != "complete" for m in copy.messages if m.state):
            trial.violate("I2", "nobody watched, and the reply did not complete", copy.chat)
