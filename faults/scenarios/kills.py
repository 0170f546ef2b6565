"""`kill -9` of every service, at random moments, in mid-request and in mid-reply."""

import asyncio
import time
from dataclasses import dataclass

import httpx

from faults import waits
from faults.browser import PATIENCE, make_client
from faults.people import Crowd
from faults.stack import SERVICES
from faults.stranger import Stranger
from faults.terminal import say
from faults.trial import Trial

PEOPLE = 6
MOMENTS = ("at random", "mid-request", "mid-reply")


@dataclass
class Kill:
    """One kill and what became of it. Times by this process's clock."""

    service: str
    moment: float
    in_flight: int
    replies: list[str]  # that were being written
    waiting: int = 0  # replies that an earlier kill had stopped, and that had not gone on since
    back: float = 0.0  # seconds until a successor ran and a page answered
    well: float = 0.0  # seconds until all services said that they were well
    alone: bool = False  # nothing else was killed before its replies had gone on

    @property
    def over(self) -> float:
        """When what was killed was back. lm-api's last words may still be shown when it is dead,
        and pages never miss it."""
        return self.moment + (self.well if self.service == "lm-api" else self.back)


async def run(trial: Trial) -> None:
    """`trial.size` kills of each service, in random order, while people talk."""
    order = [service for service in SERVICES for _ in range(trial.size)]
    trial.random.shuffle(order)
    kills: list[Kill] = []
    async with Stranger(trial), Crowd(trial, PEOPLE):
        await _wait_for_talk(trial)
        for number, service in enumerate(order, 1):
            kill = await _kill(trial, service, kills[-1] if kills else None)
            kills.append(kill)
            say(f"  {number}/{len(order)}: {_describe(kill)}")
            # How long people wait can only be told if nothing else dies. Nothing follows the last
            # one: people fall silent then, and the trial settles.
            kill.alone = number == len(order) or trial.random.random() < 0.5
            if kill.alone and number < len(order):
                await _wait_until_all_go_on(trial, kill)
    await trial.check()
    for kill in kills:
        judge(trial, kill)
    judge_waits(trial)


async def _wait_for_talk(trial: Trial) -> None:
    deadline = time.monotonic() + 30
    while not trial.shown.being_written() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


async def _kill(trial: Trial, service: str, previous: Kill | None) -> Kill:
    """One kill, and the wait until the page and the service are back."""
    await _wait_for_moment(trial, trial.random.choice(MOMENTS))
    replies, waiting = find_interrupted(trial, previous)
    kill = Kill(service, time.monotonic(), trial.ledger.in_flight(), replies, waiting)
    before = trial.parley.kill(service)
    trial.mark_fault()
    try:
        kill.back = await _wait_until_back(trial, service, before) - kill.moment
        await trial.parley.wait_until_well(PATIENCE)
        kill.well = time.monotonic() - kill.moment
    except TimeoutError as error:
        trial.violate("back", f"after a kill of {service}: {error}")
        kill.back = kill.well = time.monotonic() - kill.moment
    return kill


def find_interrupted(trial: Trial, previous: Kill | None) -> tuple[list[str], int]:
    """The replies that a kill just now interrupts; and how many of those that have grown a moment
    ago wait for the end of the previous one, which is not this one's doing."""
    written = trial.shown.being_written()
    over = previous.over if previous else 0.0
    interrupted = [r for r in written if trial.shown.goes_on_after(r, over)]
    return interrupted, len(written) - len(interrupted)


async def _wait_until_all_go_on(trial: Trial, kill: Kill) -> None:
    """Until somebody has seen every interrupted reply grow or end, a minute at most."""
    while time.monotonic() < kill.moment + PATIENCE:
        if all(trial.shown.final_at(r) or _goes_on(trial, kill, r) for r in kill.replies):
            return
        await asyncio.sleep(0.05)


def _goes_on(trial: Trial, kill: Kill, reply: str) -> float | None:
    """When somebody saw the reply grow again or end, once what had been killed was back."""
    return trial.shown.goes_on_after(reply, kill.over)


def _was_over(trial: Trial, kill: Kill, reply: str) -> bool:
    """Whether somebody saw its end before what had been killed was back: it needed no more."""
    return trial.shown.final_at(reply) is not None and _goes_on(trial, kill, reply) is None


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
    async with make_client(trial.parley.url, trial.refusals) as client:
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


def judge(trial: Trial, kill: Kill) -> None:
    """Counts the kill and how long people waited."""
    trial.counts[f"kills of {kill.service}"] += 1
    trial.counts["kills in mid-request"] += kill.in_flight > 0
    trial.counts["kills in mid-reply"] += bool(kill.replies)
    trial.counts["replies that waited since an earlier kill"] += kill.waiting
    trial.figures[f"page after {kill.service}"].append(kill.back)
    for reply in kill.replies:
        again = _goes_on(trial, kill, reply)
        if _was_over(trial, kill, reply):
            trial.counts["replies that had ended before it was back"] += 1
        elif kill.alone:
            _judge_alone(trial, kill, reply, again)
        elif again is None:
            trial.counts["replies not seen to go on, the next kill not held back"] += 1
        else:
            trial.figures["reply, the next kill not held back"].append(again - kill.moment)


def _judge_alone(trial: Trial, kill: Kill, reply: str, again: float | None) -> None:
    """A minute is a promise here: nothing but this one kill was in the way."""
    chat, after = trial.shown.replies[reply].chat, f"after a kill of {kill.service}"
    if again is None:
        trial.counts["replies that never went on"] += 1
        trial.violate("back", f"{after} the reply was never seen to go on", chat, reply)
        return
    took = again - kill.moment
    trial.figures[f"reply after {kill.service}"].append(took)
    if took > PATIENCE:
        trial.violate("back", f"{after} the reply went on only after {took:.0f} s", chat, reply)


def judge_waits(trial: Trial) -> None:
    """The goals for how long people wait, over all kills whose waits can be told."""
    for what in ("page", "reply"):
        pooled = [
            seconds
            for name, values in trial.figures.items()
            if name.startswith(f"{what} after ")
            for seconds in values
        ]
        if words := waits.describe_missed(pooled):
            trial.miss(f"{what} after a kill: {words}")
