"""Connections are cut in mid-request and in mid-stream."""

import asyncio

from faults.people import Crowd
from faults.proxy import Proxy
from faults.trial import Trial

PEOPLE = 5


async def run(trial: Trial) -> None:
    """`trial.size` times every connection breaks at once, people talking through the proxy."""
    async with Proxy(trial.parley.local.port) as proxy, Crowd(trial, PEOPLE, proxy.url):
        for _ in range(trial.size):
            await asyncio.sleep(trial.random.uniform(0.2, 1.2))
            trial.counts["connections cut"] += proxy.cut()
            trial.mark_fault()
        # Afterwards they come straight again.
        for browser in trial.browsers:
            browser.client.base_url = trial.parley.url
    await trial.check()
