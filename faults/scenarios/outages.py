"""Services killed at chosen moments, connections cut, the model gone for a while."""

import asyncio

from faults.people import crowd
from faults.proxy import running_proxy
from faults.scenarios.moments import EXPIRE, ask
from faults.trial import Trial
from faults.waiting import until
from faults.watching import begin_watching

BETWEEN = 1.2  # seconds: several batches of text
CHATS = 4  # at once: so none is at its end too soon


async def kill_at_the_answer(trial: Trial) -> None:
    """`trial.size` kills in the very moment in which a message is acknowledged: it must be
    there."""
    person = trial.browser()
    for number in range(trial.size):
        chat = await person.open_chat()
        await person.send(chat, trial.prompt(), script=number % 2 == 1)
        service = ("db-api", "db", "chat-ui")[number % 3]
        await trial.parley.wait_until_replaced(service, trial.kill(service))
        await trial.parley.wait_until_well()
    await begin_watching(person, person.chats[-1])


async def kill_with_unstored_text(trial: Trial) -> None:
    """`trial.size` times db-api dies in mid-reply, and before it is back so does the copy of
    chat-ui that holds text which is not stored yet. The rest of the reply will be written again, in
    other words: what had been shown by then must not have been more than what was stored."""
    person = trial.browser()
    await person.open_chat()  # brings the cookie that all others come with
    for _ in range(trial.size):
        asked = await asyncio.gather(
            *(ask(trial, person, script=number % 2 == 1) for number in range(CHATS))
        )
        trial.parley.freeze("supervisord")  # or db-api would be back too soon
        killed = {"db-api": trial.kill("db-api")}
        await asyncio.sleep(BETWEEN)
        killed["chat-ui"] = trial.kill("chat-ui")
        trial.parley.thaw_all()
        for service, before in killed.items():
            await trial.parley.wait_until_replaced(service, before)
        trial.parley.sql(EXPIRE)  # the dead copy's: nobody has to wait for that
        await asyncio.gather(*(one.watching for one in asked))


async def cut_connections(trial: Trial) -> None:
    """`trial.size` times every connection breaks at once, in mid-request and in mid-stream."""
    async with (
        running_proxy(trial.parley.local.port) as proxy,
        crowd(trial, 3 if trial.quick else 5, proxy.url),
    ):
        for _ in range(trial.size):
            await asyncio.sleep(trial.rng.uniform(0.2, 1.2))
            trial.found.counts["connections cut"] += proxy.cut()
            trial.mark_fault()
        for browser in trial.browsers:  # afterwards they come straight again
            browser.client.base_url = trial.parley.url


async def take_the_model_away(trial: Trial) -> None:
    """lm-api is gone for a minute: some replies are being written when it goes, some are asked for
    meanwhile; pages work, and the same replies continue."""
    async with crowd(trial, 4):
        await until(trial.shown.being_written, "a reply that is being written")
        interrupted = trial.shown.being_written()
        await asyncio.to_thread(trial.parley.supervisor.stop, "lm-api")
        await asyncio.sleep(5 if trial.quick else 60)
        await asyncio.to_thread(trial.parley.supervisor.start, "lm-api")
        trial.mark_fault()
        await trial.parley.wait_until_well()
    for reply in interrupted:
        if again := trial.shown.continued_after(reply, trial.last_fault):
            trial.found.figures["the reply continued after"].append(again - trial.last_fault)
        trial.to_complete[reply] = ("I2", "the reply was interrupted")
