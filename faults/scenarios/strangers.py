"""Somebody else's session, trying every route to other people's chats."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator

import httpx

from faults.browser import LATER
from faults.scenarios.moments import ask
from faults.trial import Trial

# Not found, and nothing else; or, in trouble, not now. (A 500 is judged with everybody else's.)
FINE = {404} | LATER


async def run(trial: Trial) -> None:
    """`trial.size` chats, each while its reply is being written and when it is done."""
    owner, stranger = trial.browser(), Stranger(trial)
    await stranger.browser.open_chat()
    for _ in range(trial.size):
        asked = await ask(trial, owner)
        trial.to_complete[asked.reply] = ("I6", "a stranger tried to stop the reply")
        await stranger.try_every_route(asked.chat)
        await asked.watching
        await stranger.try_every_route(asked.chat)
    await stranger.browser.close()
    trial.mark_fault()


@contextlib.asynccontextmanager
async def intruding(trial: Trial) -> AsyncIterator[None]:
    """Somebody tries everybody's chats, one after the other, until the block is left."""
    stranger = Stranger(trial)
    task = asyncio.create_task(stranger.intrude())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await stranger.browser.close()


class Stranger:
    """Tries to see, change and stop what is not theirs."""

    def __init__(self, trial: Trial) -> None:
        self._trial, self.browser = trial, trial.outsider("Mallory", trial.parley.url)

    async def intrude(self) -> None:
        """For ever."""
        await self.browser.open_chat()
        while True:
            if chats := self._trial.chats():
                await self.try_every_route(self.browser.rng.choice(chats)[1])
            await asyncio.sleep(0.5)

    async def try_every_route(self, chat: str) -> None:
        """Every way to see, change or stop something of this chat."""
        reply = self.browser.rng.choice([*self._trial.shown.of_chat(chat)] or [str(uuid.uuid4())])
        form = {"prompt": "I was never here", "client_key": uuid.uuid4().hex}
        for path in ("", "/events", "/live", "/export.json", "/export.md"):
            await self._try("GET", f"/chats/{chat}{path}", chat)
        await self._try("POST", f"/generate/{chat}", chat, form)
        await self._try("POST", f"/chats/{chat}/replies/{reply}/stop", chat)

    async def _try(
        self, method: str, path: str, chat: str, data: dict[str, str] | None = None
    ) -> None:
        with contextlib.suppress(httpx.HTTPError):
            async with self.browser.client.stream(method, path, data=data, timeout=5) as answer:
                self._trial.found.counts["requests of a stranger"] += 1
                if answer.status_code not in FINE:
                    words = f"{method} {path} answered a stranger with {answer.status_code}"
                    self._trial.found.violate("I6", words, chat)
