"""Messages sent again and again, at once, and too large."""

import asyncio

from tests.support.pages import textarea

from faults.bare import measure
from faults.browser import Browser
from faults.trial import Trial
from faults.verdict import settle
from faults.watching import begin_watching

SENDS, SENDS_QUICK = 20, 8  # with one key
MESSAGES = 5  # of each tab
LIMIT = 32_768  # bytes of a message


async def send_with_one_key(trial: Trial) -> None:
    """`trial.size` times 20 parallel sends with one key, into a chat and to begin one: one chat,
    one message, one reply, one generation."""
    person = trial.browser()
    presses = SENDS_QUICK if trial.quick else SENDS
    for number in range(trial.size):
        chat = await person.open_chat(reply_tokens="30")
        before = await _count_generated(trial)
        await person.send(chat, trial.prompt(), script=number % 2 == 0, presses=presses)
        await _check_generated(trial, person, chat, before)
        before = await _count_generated(trial)
        chat, *others = await person.begin_chat(trial.prompt(), presses)
        if others:
            trial.found.violate("I4", f"one key began {1 + len(others)} chats", chat)
        else:
            await _check_generated(trial, person, chat, before)


async def _check_generated(trial: Trial, person: Browser, chat: str, before: float) -> None:
    """That the model wrote no more since then than the chat has."""
    trial.mark_fault()
    await settle(trial)
    export = (await person.get(f"/chats/{chat}/export.json")).json()
    replies = [message["reply"] for message in export["messages"] if message["reply"]]
    written = sum(reply["completion_tokens"] or 0 for reply in replies)
    # One that was generated twice would have cost about twice its tokens.
    if (generated := await _count_generated(trial) - before) > written * 1.5 + 8:
        words = f"the model wrote {generated:.0f} tokens for a reply of {written}"
        trial.found.violate("I4", words, chat)


async def _count_generated(trial: Trial) -> float:
    return (await measure(trial.parley))["tokens_predicted_total"]


async def send_in_two_tabs(trial: Trial) -> None:
    """In `trial.size` chats two tabs send at once: both messages are kept, in one order
    everywhere."""
    person = trial.browser()
    for _ in range(trial.size):
        chat = await person.open_chat(reply_tokens="20")
        watching = [begin_watching(person, chat, script=script) for script in (True, False)]
        await asyncio.gather(*(_send_some(trial, person, chat, script) for script in (True, False)))
        await asyncio.gather(*watching, begin_watching(person, chat, script=True))
    trial.mark_fault()


async def _send_some(trial: Trial, person: Browser, chat: str, script: bool) -> None:
    for _ in range(2 if trial.quick else MESSAGES):
        await person.send(chat, trial.prompt(), script=script)
        await person.read_page(chat)


async def send_too_much(trial: Trial) -> None:
    """At the limit, one byte over it, in letters of several bytes, and far over it: 413 with size
    and limit, the text still in the box."""
    person = trial.browser()
    chat = await person.open_chat()
    for text in ("a" * LIMIT, "ü" * (LIMIT // 2)):
        entry = await person.send(chat, text)
        if entry.acknowledged is None:
            trial.found.violate("answer", f"{LIMIT} bytes got {entry.refused}", chat)
    for text in ("a" * (LIMIT + 1), "ü" * (LIMIT // 2) + "a", "one\n" * 9000, "a" * 160_000):
        await _send_over_limit(trial, person, chat, text)
    trial.mark_fault()


async def _send_over_limit(trial: Trial, person: Browser, chat: str, text: str) -> None:
    entry = person.ledger.begin(chat, f"{trial.rng.getrandbits(64):x}", text)
    answer, size = await person.try_to_send(entry, text), len(text.encode())
    page = answer.text if answer is not None else ""
    wrong = [f"it got {entry.refused}"] if entry.refused != 413 else []
    if size < 2 * LIMIT:  # nginx itself refuses more
        wrong += [f"it does not say {n}" for n in (size, LIMIT) if f"{n:,}" not in page]
        wrong += ["the text is not in the box"] if textarea(page) != text else []
    for words in wrong:
        trial.found.violate("answer", f"a message of {size} bytes: {words}", chat)
