"""Readers who leave, and readers who hardly read."""

import asyncio
import contextlib
import statistics
import time

import httpx

from faults.browser import Browser, make_client
from faults.proxy import Proxy, running_proxy
from faults.scenarios.moments import ask
from faults.trial import Trial

READERS = 50
GOAL = 2.0


async def leave(trial: Trial) -> None:
    """`trial.size` readers leave after the first words, with scripts and without: the reply
    completes and is there when they come back."""
    person = trial.browser()
    for number in range(trial.size):
        asked = await ask(trial, person, script=number % 2 == 0)
        asked.watching.cancel()
        trial.mark_fault()
        trial.to_complete[asked.reply] = ("I2", "nobody watched the reply")
    trial.found.counts["readers who left"] += trial.size


async def read_slowly(trial: Trial) -> None:
    """First words of `trial.size` chats without and with 50 readers at 1 byte a second, in turns:
    the reply is stored whole, and nobody else waits for them."""
    person, figures = trial.browser(), trial.found.figures
    for _ in range(trial.size):
        figures["first word, normally"].append(await _time_first_word(trial, person))
        async with running_proxy(trial.parley.local.port, bytes_per_second=1) as proxy:
            asked = await ask(trial, person)
            readers = [asyncio.create_task(_read(trial, proxy, asked.chat)) for _ in range(READERS)]
            trial.to_complete[asked.reply] = ("I2", "the reply was read slowly")
            await asked.watching
            figures["first word, beside them"].append(await _time_first_word(trial, person))
            reading = sum(not reader.done() for reader in readers)
            trial.found.counts["slow readers still reading then"] += reading
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
        trial.mark_fault()
    normal, beside = figures["first word, normally"], figures["first word, beside them"]
    ratio = statistics.median(beside) / statistics.median(normal)
    figures["ratio of the medians (times)"].append(ratio)
    if ratio > GOAL:
        trial.found.missed.append(f"others' first word took {ratio:.1f} times as long")


async def _time_first_word(trial: Trial, person: Browser) -> float:
    """Seconds to the first word in a new chat, which is then watched to its end."""
    began = time.monotonic()
    asked = await ask(trial, person)
    took = time.monotonic() - began
    await asked.watching
    return took


async def _read(trial: Trial, proxy: Proxy, chat: str) -> None:
    """Reads the events through the proxy for as long as it is let."""
    async with make_client(proxy.url, trial.found.counts) as client:
        client.cookies = trial.browsers[0].client.cookies
        with contextlib.suppress(httpx.HTTPError):
            async with client.stream("GET", f"/chats/{chat}/events", timeout=None) as response:
                await response.aread()
