"""A stranger tries every door of other people's chats, in mid-reply and afterwards."""

from faults.browser import Browser
from faults.scenarios.moments import until_written
from faults.stranger import Stranger
from faults.trial import Trial
from faults.watching import begin_watching


async def run(trial: Trial) -> None:
    """`trial.size` chats, each while its reply is being written and when it is done."""
    owner: Browser = trial.browser()
    stranger = Stranger(trial)
    await stranger.introduce()
    for _ in range(trial.size):
        chat = await owner.open_chat()
        await owner.send(chat, trial.prompt())
        watching = begin_watching(owner, chat)
        await until_written(trial, chat)
        await stranger.try_doors(chat)
        await watching
        await stranger.try_doors(chat)
    await stranger.close()
    trial.mark_fault()
    await trial.settle()
    for copy in await trial.check():
        if any(m.state == "stopped" for m in copy.messages):
            trial.violate("I6", "a stranger stopped a reply", copy.chat)
