"""`kill -9` of every service, at random moments, in mid-request and in mid-reply."""

import asyncio
import contextlib
import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from faults import bare
from faults.browser import PATIENCE, Browser, make_client
from faults.people import crowd
from faults.recovery import BARE
from faults.scenarios.strangers import intruding
from faults.stack import SERVICES
from faults.terminal import say
from faults.trial import Trial
from faults.waiting import until

RUNNING = "SELECT message_id::text, chat_id::text FROM replies WHERE state = 'running'"


@dataclass
class Kill:
    """One kill and what became of it. Times by this process's clock."""

    service: str
    moment: float
    in_flight: int
    replies: list[str]  # that it interrupted
    running: dict[str, str] = field(default_factory=dict)  # all that had a slot, and their chats
    back: float = 0.0  # seconds until a successor ran and a page answered
    over: float = 0.0  # when what was killed was back
    alone: bool = False  # nothing else was killed before its replies had continued

    def __str__(self) -> str:
        return (
            f"{self.service:8} killed with {self.in_flight} requests on their way and"
            f" {len(self.replies)} replies interrupted; page after {self.back:.1f} s"
        )


async def run(trial: Trial) -> None:
    """`trial.size` kills of each service, in random order, while people talk."""
    order = [service for service in SERVICES for _ in range(trial.size)]
    trial.rng.shuffle(order)
    kills: list[Kill] = []
    async with intruding(trial), crowd(trial, 3 if trial.quick else 6):
        await until(trial.shown.being_written, "a reply that is being written")
        for number, service in enumerate(order, 1):
            kill = await _kill(trial, service, kills[-1] if kills else None)
            kills.append(kill)
            say(f"  {number}/{len(order)}: {kill}")
            # How long people wait can only be told if nothing else dies. Nothing follows the last
            # one: people fall silent then, and the trial settles.
            kill.alone = number == len(order) or trial.rng.random() < 0.5
            if kill.alone and number < len(order):
                with contextlib.suppress(TimeoutError):  # which is judged later
                    continued = functools.partial(_have_continued, trial, kill)
                    await until(continued, "every reply continues", PATIENCE, 0.05)
    for kill in kills:
        judge(trial, kill)
        if kill.service == "lm-api" and kill.alone and kill.replies:
            await _kill_bare(trial, kill)


async def _kill(trial: Trial, service: str, previous: Kill | None) -> Kill:
    """One kill, and the wait until the page and the service are back."""
    await _wait_for_moment(trial)
    replies = find_interrupted(trial, previous)
    running = dict(trial.parley.sql(RUNNING)) if service == "lm-api" else {}
    kill = Kill(service, time.monotonic(), trial.ledger.in_flight(), replies, running)
    before = trial.kill(service)
    try:
        await _wait_for_page(trial, service, before)
        kill.back = time.monotonic() - kill.moment
        await trial.parley.wait_until_well(PATIENCE)
    except TimeoutError as error:
        trial.found.violate("back", f"after a kill of {service}: {error}")
    kill.back = kill.back or time.monotonic() - kill.moment
    # lm-api's last words may still be shown when it is dead, and pages never miss it.
    kill.over = time.monotonic() if service == "lm-api" else kill.moment + kill.back
    return kill


async def _kill_bare(trial: Trial, kill: Kill) -> None:
    """The same kill when nobody talks any more, and the same replies continued by the server alone,
    from their middle, beside those that it was reading."""
    asked = {
        reply: await _read_reply(person, chat, reply)
        for person, chat in trial.chats()
        for reply, own in kill.running.items()
        if own == chat
    }
    began = time.monotonic()
    trial.parley.kill(kill.service)
    words = await bare.wait_for_words(trial.parley, asked)
    trial.found.figures[BARE + kill.service] += [
        moment - began for reply, moment in words.items() if reply in kill.replies
    ]


async def _read_reply(person: Browser, chat: str, reply: str) -> tuple[bare.Prompt, str]:
    """Its prompt, and the first half of its text."""
    export = (await person.get(f"/chats/{chat}/export.json")).json()
    (text,) = (m["content"] for m in export["messages"] if m["id"] == reply)
    return bare.make_prompt(export, reply), text[: len(text) // 2]


async def _wait_for_moment(trial: Trial) -> None:
    """A moment at random, in mid-request or in mid-reply, if there is one within three seconds."""
    moments: list[tuple[Callable[[], object], float]] = [
        (lambda: True, 1),
        (trial.ledger.in_flight, 0.03),
        (lambda: trial.shown.being_written(0.4), 0.3),
    ]
    is_there, longest = trial.rng.choice(moments)
    with contextlib.suppress(TimeoutError):
        await until(is_there, "a moment", 3, 0.002)
    await asyncio.sleep(trial.rng.uniform(0, longest))


async def _wait_for_page(trial: Trial, service: str, before: int | None) -> None:
    """Until a page answers that was asked for after the successor had begun."""
    person = trial.browsers[-1]
    path = f"/chats/{person.chats[0]}" if person.chats else "/"

    async def answers() -> bool:
        replaced = service == "lm-api" or trial.parley.is_replaced(service, before)
        with contextlib.suppress(httpx.HTTPError):
            return (await client.get(path, timeout=5)).status_code == 200 and replaced
        return False

    async with make_client(trial.parley.url, trial.found.counts) as client:
        client.cookies = person.client.cookies
        await until(answers, "a page", PATIENCE, 0.03)


def find_interrupted(trial: Trial, previous: Kill | None) -> list[str]:
    """The replies that a kill just now interrupts. Others that have grown a moment ago wait for the
    end of the previous one, which is not this one's doing."""
    over = previous.over if previous else 0.0
    return [r for r in trial.shown.being_written() if trial.shown.continued_after(r, over)]


def _have_continued(trial: Trial, kill: Kill) -> bool:
    """Whether somebody has seen every interrupted reply grow or end since."""
    return all(
        trial.shown.final_at(reply) or trial.shown.continued_after(reply, kill.over)
        for reply in kill.replies
    )


def judge(trial: Trial, kill: Kill) -> None:
    """Counts the kill and how long people waited. Where nothing but this one kill was in the way a
    minute is a promise; how long replies took after the others is judged by I2 alone."""
    counts, figures, after = trial.found.counts, trial.found.figures, f"after {kill.service}"
    counts["kills in mid-request"] += kill.in_flight > 0
    counts["kills in mid-reply"] += bool(kill.replies)
    figures[f"page {after}"].append(kill.back)
    for reply in kill.replies:
        again = trial.shown.continued_after(reply, kill.over)
        if again is None and trial.shown.final_at(reply) is not None:
            counts["replies that had ended before it was back"] += 1
        elif kill.alone:
            took = (again or math.inf) - kill.moment
            if again is not None:
                figures[f"reply {after}"].append(took)
            if took > PATIENCE:
                trial.found.violate(
                    "back",
                    f"{after} was killed it took {took:.0f} s until the reply continued",
                    trial.shown.replies[reply].chat,
                    reply,
                )
