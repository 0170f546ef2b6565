"""`kill -9` of every service, at random moments, in mid-request and in mid-reply."""

import asyncio
import time
from dataclasses import dataclass

import httpx

from faults.browser import PATIENCE, make_client
from faults.people import Crowd
from faults.stack import SERVICES
from faults.strangers import Stranger
from faults.terminal import say
from faults.trial import Trial

PEOPLE = 6
MOST_PATIENT = 30  # seconds
MOMENTS = ("at random", "mid-request", "mid-reply")


@dataclass
class Kill:
    """One kill and what became of it. Times by this process's clock."""

    service: str
    moment: float
    in_flight: int
    replies: list[str]  # that were being written
    back: float = 0.0  # seconds until a successor ran and a page answered
    well: float = 0.0  # seconds until all services said that they were well
    followed: float = float("inf")  # when the next kill came


async def run(trial: Trial) -> None:
    """`trial.size` kills of each service, in random order, while people talk."""
    order = [service for service in SERVICES for _ in range(trial.size)]
    trial.random.shuffle(order)
    kills: list[Kill] = []
    async with Stranger(trial), Crowd(trial, PEOPLE):
        await _wait_for_talk(trial)
        for number, service in enumerate(order, 1):
            kill = await _kill(trial, service)
            if kills:
                kills[-1].followed = kill.moment
            kills.append(kill)
            say(f"  {number}/{len(order)}: {_describe(kill)}")
            if trial.random.random() < 0.5:
                await _wait_until_it_goes_on(trial, kill)
    await trial.settle_and_check()
    for kill in kills:
        _judge(trial, kill)


async def _wait_for_talk(trial: Trial) -> None:
    deadline = time.monotonic() + 30
    while not trial.shown.being_written() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


async def _kill(trial: Trial, service: str) -> Kill:
    """One kill, and the wait until the page and the service are back."""
    await _wait_for_moment(trial, trial.random.choice(MOMENTS))
    kill = Kill(service, time.monotonic(), trial.ledger.in_flight(), trial.shown.being_written())
    before = trial.parley.kill(service)
    trial.mark_fault()
    try:
        kill.back = await _wait_until_back(trial, service, before) - kill.moment
        await trial.parley.wait_until_well(PATIENCE)
        kill.well = time.monotonic() - kill.moment
    except TimeoutError as error:
        trial.violate("back", f"after a kill of {service}: {error}")
        kill.back = time.monotonic() - kill.moment
    return kill


async def _wait_until_it_goes_on(trial: Trial, kill: Kill) -> None:
    """After every other kill: how long people wait can only be told if nothing else dies."""
    waiting = kill.replies[:1]
    deadline = time.monotonic() + MOST_PATIENT
    while waiting and time.monotonic() < deadline:
        waiting = [
            r for r in waiting if _goes_on(trial, kill, r) is None and not _was_over(trial, kill, r)
        ]
        await asyncio.sleep(0.05)


def _goes_on(trial: Trial, kill: Kill, reply: str) -> float | None:
    """When somebody saw the reply grow again, once what had been killed was back. lm-api's last
    words may still be shown when it is dead."""
    back = kill.well if kill.service == "lm-api" else kill.back
    return trial.shown.goes_on_after(reply, kill.moment + back)


def _was_over(trial: Trial, kill: Kill, reply: str) -> bool:
    """Whether somebody saw its end before what had been killed was back: it needed no more."""
    ended = trial.shown.replies[reply].final_at
    return ended is not None and _goes_on(trial, kill, reply) is None


async def _wait_for_moment(trial: Trial, moment: str) -> None:
    deadline = time.monotonic() + 3
    if moment == "mid-request":
        while not trial.ledger.in_flight() and time.monotonic() < deadline:
            await asyncio.sleep(0.001)
        await asyncio.sleep(trial.random.uniform(0, 0.03))
    elif moment == "mid-reply":
        while not trial.shown.being_written(0.4) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await asyncio.sleep(trial.random.uniform(0, 0.3))
    else:
        await asyncio.sleep(trial.random.uniform(0, 1))


async def _wait_until_back(trial: Trial, service: str, before: int | None) -> float:
    """When a page answered that was asked for after the successor had begun."""
    deadline = time.monotonic() + PATIENCE
    person = trial.browsers[-1]
    path = f"/chats/{person.chats[0]}" if person.chats else "/"
    async with make_client(trial.parley.url) as client:
        client.cookies = person.client.cookies
        while time.monotonic() < deadline:
            succeeded = service == "lm-api" or trial.parley.successor_of(service, before)
            try:
                if (await client.get(path, timeout=5)).status_code == 200 and succeeded:
                    return time.monotonic()
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.03)
    raise TimeoutError(f"no page within {PATIENCE:.0f} s")


def _describe(kill: Kill) -> str:
    what = [f"{kill.in_flight} requests on their way"] if kill.in_flight else []
    what += [f"{len(kill.replies)} replies being written"] if kill.replies else []
    return f"{kill.service:8} killed with {' and '.join(what) or 'nothing on its way'};" + (
        f" page after {kill.back:.1f} s"
    )


def _judge(trial: Trial, kill: Kill) -> None:
    """Counts the kill and how long people waited."""
    trial.counts[f"kills of {kill.service}"] += 1
    trial.counts["kills in mid-request"] += kill.in_flight > 0
    trial.counts["kills in mid-reply"] += bool(kill.replies)
    trial.figures[f"page after {kill.service}"].append(kill.back)
    for reply in kill.replies:
        again = _goes_on(trial, kill, reply)
        if _was_over(trial, kill, reply):
            trial.counts["replies that had ended before it was back"] += 1
        elif again is None:
            trial.counts["replies not seen to go on"] += 1
        elif again < kill.followed:
            trial.figures[f"reply after {kill.service}"].append(again - kill.moment)
        else:
            trial.figures["reply goes on, more kills in between"].append(again - kill.moment)
