"""Programs whose connections break, and who ask again as OpenAI's SDKs do: one answer each, written
once, in one piece with what was seen of it before."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from faults.bare import measure
from faults.invariants import find_parting
from faults.program import Answer, Program
from faults.proxy import running_proxy
from faults.terminal import say
from faults.trial import Trial
from faults.waiting import until

GOAL = 1.0  # seconds until a cut is known, and the slot of the answer free
LATEST = 2.5  # seconds after which a connection is cut: about as long as an answer takes
STORED = """
SELECT a.content, r.state, coalesce(r.completion_tokens, 0),
    extract(epoch FROM r.finished_at)::float8
FROM messages q JOIN messages a ON a.parent_id = q.id JOIN replies r ON r.message_id = a.id
WHERE q.content = %s ORDER BY a.created_at
"""
SERVICES = ("chat-ui", "db-api")


async def cut_connections(trial: Trial) -> None:
    """Until `trial.size` requests were sent again because their connections were cut, at any
    moment, half of them streams."""
    retries, figure = 0, trial.found.figures["slot idle after"]
    async with (
        running_proxy(trial.parley.local.port) as proxy,
        _checking(trial, proxy.url) as (program, answers),
    ):
        while retries < trial.size:
            number = len(answers)
            asking = asyncio.create_task(
                program.ask(f"{trial.prompt()} Be brief.", streams=number % 2 == 0)
            )
            await asyncio.wait({asking}, timeout=trial.rng.uniform(0, LATEST))
            if not asking.done():
                was_busy = await is_busy(trial)
                cut = time.monotonic()
                proxy.cut()
                trial.mark_fault()
                if was_busy:  # an SDK comes back after half a second
                    await until(lambda: _is_idle(trial), "an idle slot", pause=0.01)
                    figure.append(time.monotonic() - cut)
            answers.append(await asking)
            retries += len(answers[-1].seen)
        trial.found.counts["retries"] += retries
    if max(figure, default=0) > GOAL:
        trial.found.missed.append(f"slot idle after {max(figure):.1f} s")


async def kill_services(trial: Trial) -> None:
    """`trial.size` kills of chat-ui and db-api, each while an answer is streamed."""
    async with _checking(trial, trial.parley.url) as (program, answers):
        for number in range(trial.size):
            service, written = SERVICES[number % len(SERVICES)], trial.rng.randrange(1, 120)
            asking = asyncio.create_task(program.ask(trial.prompt(), streams=True))
            await until(
                lambda: asking.done() or len(program.answer.text) >= written,  # noqa: B023 - awaited here
                "words of an answer",
                pause=0.005,
            )
            before = trial.kill(service)
            answers.append(await asking)
            trial.found.counts["retries"] += len(answers[-1].seen)
            await trial.parley.wait_until_replaced(service, before)
            await trial.parley.wait_until_well()
            say(f"  {number + 1}/{trial.size}: {service}, {len(answers[-1].seen)} retries")


@contextlib.asynccontextmanager
async def _checking(trial: Trial, url: str) -> AsyncIterator[tuple[Program, list[Answer]]]:
    """A program, and a list for its answers, which are held against what is stored."""
    person = trial.browser()
    await person.open_chat()
    program, answers = await Program.begin(person, url), list[Answer]()
    before = await _count_generated(trial)
    try:
        yield program, answers
    finally:
        await program.close()
    tokens = sum(check(trial, answer) for answer in answers)
    generated = await _count_generated(trial) - before
    trial.found.counts["answers"] += len(answers)
    # One that was written twice would have cost about twice its tokens.
    if generated > tokens * 1.2 + 8 * len(answers):
        trial.found.violate("I4", f"the model wrote {generated:.0f} tokens for {tokens}")


def check(trial: Trial, answer: Answer) -> int:
    """Its tokens. One that was complete before Parley could know that its connection was broken is
    answered once more (docs/decisions/0027-requests-sent-again.md)."""
    rows = trial.parley.sql(STORED, answer.question)
    tokens = sum(each for _, _, each, _ in rows)
    known = answer.broken + GOAL
    sent = sum(ended is not None and ended < known for *_, ended in rows[:-1])
    trial.found.counts["complete before the cut was known"] += sent
    if len(rows) != 1 + sent:
        trial.found.violate("I4", f"{answer.question!r} has {len(rows)} answers")
        return int(tokens)
    stored, state, *_ = rows[-1]
    if state != "complete":
        trial.found.violate("I2", f"the answer to {answer.question!r} is {state}")
    if answer.text != stored:
        at = find_parting(answer.text, stored)
        trial.found.violate("join", f"what was sent parts at {at} from what is stored: {stored!r}")
    for seen in answer.seen:
        if not any(content.startswith(seen) for content, *_ in rows):
            at = find_parting(seen, stored)
            trial.found.violate(
                "I3", f"what was seen parts at {at} from what is stored: {stored!r}"
            )
    return int(tokens)


async def _count_generated(trial: Trial) -> float:
    return (await measure(trial.parley))["tokens_predicted_total"]


async def is_busy(trial: Trial) -> bool:
    """Whether the model writes."""
    return (await measure(trial.parley))["requests_processing"] > 0


async def _is_idle(trial: Trial) -> bool:
    return not await is_busy(trial)
