"""A person at a browser: forms with their hidden key, and Send pressed again after an error."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable

import httpx

from faults import pages
from faults.ledger import Entry, Ledger
from faults.shown import Shown

PATIENCE = 60.0  # seconds in which everything must be back without a hand
AGAIN = 0.4  # seconds before somebody tries again
# After these somebody tries again; anything else that is no success is a surprise. 500 says no
# "not now": each one is a broken promise in the end, but the message may have been stored.
LATER = {429, 500, 502, 503, 504}


class Surprise(Exception):
    """An answer that nobody in this place should ever get."""


class Browser:
    """One session, in a browser of its own. `client` keeps its cookie; `last_fault` tells when
    something was last done to Parley."""

    def __init__(
        self,
        name: str,
        client: httpx.AsyncClient,
        ledger: Ledger,
        shown: Shown,
        seed: int,
        last_fault: Callable[[], float],
    ) -> None:
        self.name, self.client, self.ledger, self.shown = name, client, ledger, shown
        self.random = random.Random(seed)
        self.last_fault = last_fault
        self.chats: list[str] = []
        self.watches: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Closes every tab."""
        for task in self.watches:
            task.cancel()
        await asyncio.gather(*self.watches, return_exceptions=True)
        await self.client.aclose()

    async def open_chat(self) -> str:
        """A new chat; its id."""
        form = {"username": self.name, "new": "1"}
        answer = await self._insist("POST", "/chats", data=form, good={303})
        chat = answer.headers["location"].removeprefix("/chats/")
        self.chats.append(chat)
        return chat

    async def get(self, path: str, patience: float = PATIENCE) -> httpx.Response:
        """A page, asked for again while Parley says `not now`."""
        return await self._insist("GET", path, good={200}, patience=patience)

    async def read_page(self, chat: str, before: str = "") -> str:
        """A page of the chat, its order noted."""
        query = f"?before={before}" if before else ""
        page = (await self.get(f"/chats/{chat}{query}")).text
        self.shown.note_order(chat, [(m.id, m.seq) for m in pages.read_messages(page)])
        return page

    async def send(self, chat: str, text: str, *, key: str = "", script: bool = False) -> Entry:
        """Writes a message and presses Send, again and again with the same key, until Parley says
        yes or no, or a minute has passed."""
        entry = self.ledger.begin(self.name, chat, key or uuid.uuid4().hex, text)
        await self.press_send(entry, text, script=script)
        return entry

    async def press_send(self, entry: Entry, text: str, *, script: bool = False) -> None:
        """Send, and once more after each error."""
        deadline = time.monotonic() + PATIENCE
        while entry.acknowledged is None:
            pause = AGAIN * self.random.uniform(0.5, 1.5)
            answer = await self.try_to_send(entry, text, script=script)
            if answer is not None:
                if not self.judge(entry, answer, script=script):
                    return
                pause = min(float(answer.headers.get("retry-after", pause)), 2.0)
            if entry.acknowledged is None:
                if time.monotonic() > deadline:
                    return
                await asyncio.sleep(pause)

    async def try_to_send(
        self, entry: Entry, text: str, *, script: bool = False
    ) -> httpx.Response | None:
        """One press of Send: the answer, None if there was none."""
        form = {"prompt": text.replace("\n", "\r\n"), "client_key": entry.client_key}
        headers = {"HX-Request": "true"} if script else {}
        entry.attempts += 1
        entry.in_flight += 1
        try:
            return await self.client.post(f"/generate/{entry.chat}", data=form, headers=headers)
        except httpx.HTTPError:
            return None
        finally:
            entry.in_flight -= 1

    def judge(self, entry: Entry, answer: httpx.Response, *, script: bool) -> bool:
        """Notes what the answer means; whether it is worth trying again."""
        if answer.status_code == (200 if script else 303):
            self.ledger.acknowledge(entry)
            return True
        if answer.status_code in LATER:
            return True
        self.ledger.refuse(entry, answer.status_code)
        return False

    async def stop(self, chat: str, reply: str) -> None:
        """Presses Stop."""
        await self._insist("POST", f"/chats/{chat}/replies/{reply}/stop", good={303})

    async def _insist(
        self,
        method: str,
        path: str,
        *,
        good: set[int],
        data: dict[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> httpx.Response:
        deadline = time.monotonic() + patience
        while True:
            status = 0
            try:
                answer = await self.client.request(method, path, data=data)
                status = answer.status_code
                if status in good:
                    return answer
            except httpx.HTTPError:
                pass
            if status and status not in LATER:
                raise Surprise(f"{self.name}: {method} {path} answered {status}")
            if time.monotonic() > deadline:
                raise Surprise(f"{self.name}: {method} {path} still failed after {patience:.0f} s")
            await asyncio.sleep(AGAIN)


def make_client(
    url: str, refusals: Counter[int], transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client with cookies of its own, as patient as a browser. `refusals` counts every answer
    that is an error, by its status."""

    async def count(answer: httpx.Response) -> None:
        if answer.is_error:
            refusals[answer.status_code] += 1

    return httpx.AsyncClient(
        base_url=url,
        timeout=20,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=8),
        trust_env=False,
        event_hooks={"response": [count]},
        transport=transport,
    )
