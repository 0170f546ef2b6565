"""50 readers at 1 byte a second: the reply is stored whole, and nobody else waits for them."""

import asyncio
import contextlib
import statistics
import time

import httpx

from faults.browser import Browser, make_client
from faults.export import read_export
from faults.proxy import Proxy
from faults.scenarios.moments import until_written
from faults.trial import Trial
from faults.watching import begin_watching

READERS = 50
GOAL = 2.0


async def run(trial: Trial) -> None:
    """First words of `trial.size` chats without and with the slow readers, taking turns."""
    person = trial.browser()
    normal, beside = [], []
    for _ in range(trial.size):
        normal.append(await _first_word(trial, person))
        async with Proxy(trial.parley.local.port, bytes_per_second=1) as proxy:
            chat = await person.open_chat()
            await person.send(chat, trial.prompt())
            readers = [asyncio.create_task(_read(trial, proxy, chat)) for _ in range(READERS)]
            while not (reply := (await read_export(person, chat))[-1]).final:
                await asyncio.sleep(0.1)
            if reply.state != "complete":
                trial.violate("I2", f"read slowly, the reply ended as {reply.state}", chat)
            beside.append(await _first_word(trial, person))
            trial.counts["slow readers still reading then"] += sum(not r.done() for r in readers)
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
        trial.mark_fault()
    ratio = statistics.median(beside) / statistics.median(normal)
    trial.figures["first word, normally"] += normal
    trial.figures["first word, beside them"] += beside
    trial.figures["ratio of the medians (times)"].append(ratio)
    if ratio > GOAL:
        trial.miss(f"others' first word took {ratio:.1f} times as long")
    await trial.settle_and_check()


async def _first_word(trial: Trial, person: Browser) -> float:
    """Seconds from Send to the first word, in a new chat, which is then watched to its end."""
    chat = await person.open_chat()
    sent = time.monotonic()
    await person.send(chat, trial.prompt())
    watching = begin_watching(person, chat)
    await until_written(trial, chat)
    took = time.monotonic() - sent
    await watching
    return took


async def _read(trial: Trial, proxy: Proxy, chat: str) -> None:
    """Reads the events through the proxy for as long as it is let."""
    async with make_client(proxy.url, trial.refusals) as client:
        client.cookies = trial.browsers[0].client.cookies
        with contextlib.suppress(httpx.HTTPError):
            async with client.stream("GET", f"/chats/{chat}/events", timeout=None) as response:
                async for _ in response.aiter_raw():
                    pass
