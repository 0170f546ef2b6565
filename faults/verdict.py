"""The end of every scenario: everything settles, is read back, and held against the promises."""

import asyncio
import time

from faults import invariants
from faults.browser import PATIENCE, Browser, UnexpectedAnswer
from faults.reading import Copy, Stored, read_back, read_chats, read_export
from faults.trial import Trial

GIVEN_UP = ("model-broke", "crashed")  # errors of replies that only had bad luck
MOST_PATIENT = 2 * PATIENCE  # seconds after the last fault


async def settle(trial: Trial) -> None:
    """I2: waits until every reply is final, at most a minute after the last fault. It waits longer
    than that may take, to tell by how much it was missed."""
    for browser, chat in trial.chats():
        try:
            replies = await _wait_until_final(trial, browser, chat)
        except (UnexpectedAnswer, ValueError) as error:
            trial.found.violate("back", f"the export can't be read: {error}", chat)
            continue
        for reply in replies:
            if reply.final:
                # Somebody may have seen it long before we come to look.
                seen = trial.shown.final_at(reply.id) or time.monotonic()
                trial.final_at.setdefault(reply.id, seen)
            took = trial.final_at.get(reply.id, time.monotonic()) - trial.last_fault
            if took > PATIENCE:
                how = "was final only" if reply.final else "was not final"
                trial.found.violate(
                    "I2", f"the reply {how} {took:.0f} s after the last fault", chat, reply.id
                )


async def _wait_until_final(trial: Trial, browser: Browser, chat: str) -> list[Stored]:
    """The chat's replies, each final or given up."""
    while True:
        replies = [m for m in await read_export(browser, chat) if m.state is not None]
        late = time.monotonic() - trial.last_fault > MOST_PATIENT
        if late or all(reply.final for reply in replies):
            return replies
        await asyncio.sleep(0.2)


async def check(trial: Trial) -> None:
    """Reads every chat back and notes every broken promise."""
    for browser, chat in trial.chats():
        copy = await read_back(browser, chat)
        invariants.check(trial.found, trial.ledger, trial.shown, copy)
        check_replies(trial, copy)
    await _check_homes(trial)
    for entry in trial.ledger.entries:
        trial.found.counts["messages acknowledged"] += entry.acknowledged is not None
        if entry.open and not entry.given_up:
            trial.found.violate(
                "back",
                f"message {entry.number} was tried {entry.attempts} times and never taken",
                entry.chat,
            )


def check_replies(trial: Trial, copy: Copy) -> None:
    """How they ended; some must be complete."""
    for message in copy.messages:
        if message.state is not None:
            trial.found.counts[f"replies {message.state}"] += 1
        if message.error:
            kind = message.error.split()[0]
            trial.found.counts[f"error {kind}"] += 1
            if kind in GIVEN_UP:
                words = f"the reply was given up: {kind}"
                trial.found.violate("I2", words, copy.chat, message.id)
        if message.id in trial.to_complete and message.state != "complete":
            promise, why = trial.to_complete[message.id]
            trial.found.violate(
                promise, f"{why}, and it ended as {message.state}", copy.chat, message.id
            )


async def _check_homes(trial: Trial) -> None:
    """I6: everybody's home page lists their own chats, and no others."""
    for browser in trial.browsers:
        listed = read_chats((await browser.get("/")).text) if browser.chats else set()
        for _, chat in trial.chats():
            if chat in listed and chat not in browser.chats:
                trial.found.violate("I6", f"{browser.name} sees somebody else's chat at home", chat)


async def close(trial: Trial) -> None:
    """However it ended: all browsers are closed, and nobody may have met a 500."""
    for browser in trial.browsers:
        await browser.close()
    if count := trial.found.counts["answers of 500"]:
        trial.found.violate("answer", f"{count} answers of 500: no words a person can use")
