"""20 parallel sends with one key: one message, one reply, one generation."""

from faults.bare import measure
from faults.people import double_click
from faults.trial import Trial

SENDS = 20


async def run(trial: Trial) -> None:
    """`trial.size` times, in a new chat each."""
    person = trial.browser()
    for number in range(trial.size):
        chat = await person.open_chat()
        before = await _generated(trial)
        text = trial.prompt()
        await double_click(person, chat, text, script=number % 2 == 0, presses=SENDS)
        trial.mark_fault()
        await trial.settle()
        written = await _counted(trial, chat)
        # One that was generated twice would have cost about twice its tokens.
        if (generated := await _generated(trial) - before) > written * 1.5 + 8:
            words = f"the model wrote {generated:.0f} tokens for a reply of {written}"
            trial.violate("I4", words, chat)
    await trial.check()


async def _generated(trial: Trial) -> float:
    return (await measure(trial.parley))["tokens_predicted_total"]


async def _counted(trial: Trial, chat: str) -> int:
    """The tokens that the chat's replies say they have."""
    export = (await trial.browsers[0].get(f"/chats/{chat}/export.json")).json()
    replies = [message["reply"] for message in export["messages"] if message["reply"]]
    return sum(reply["completion_tokens"] or 0 for reply in replies)
