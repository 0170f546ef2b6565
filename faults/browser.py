"""A person at a browser: forms with their hidden key, and Send pressed again after an error."""

import asyncio
import contextlib
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable

import httpx
from tests.support.pages import articles, textarea

from faults.ledger import Entry, Ledger
from faults.shown import Shown

PATIENCE = 60.0  # seconds in which everything must be back without help
AGAIN = 0.4  # seconds before somebody tries again
# After these somebody tries again; anything else that is no success is unexpected. 500 says no
# "not now": each one is a broken promise in the end, but the message may have been stored.
LATER = {429, 500, 502, 503, 504}


class UnexpectedAnswer(Exception):
    """An answer that nobody in this place should ever get."""


def is_good(answer: httpx.Response, good: int = 200) -> bool:
    """Whether it is what was asked for; False if it is worth asking again."""
    if answer.status_code != good and answer.status_code not in LATER:
        request = answer.request
        raise UnexpectedAnswer(f"{request.method} {request.url.path} answered {answer.status_code}")
    return answer.status_code == good


class Browser:
    """One session, in a browser of its own. `client` keeps its cookie; `last_fault` tells when
    something was last done to Parley."""

    def __init__(
        self,
        name: str,
        client: httpx.AsyncClient,
        ledger: Ledger,
        shown: Shown,
        rng: random.Random,
        last_fault: Callable[[], float],
    ) -> None:
        self.name, self.client, self.rng, self.last_fault = name, client, rng, last_fault
        self.ledger, self.shown = ledger, shown
        self.chats: list[str] = []
        self.watches: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Closes every tab."""
        for task in self.watches:
            task.cancel()
        await asyncio.gather(*self.watches, return_exceptions=True)
        await self.client.aclose()

    async def open_chat(self, **settings: str) -> str:
        """A new chat, with settings of its own if there are some; its id."""
        form = {"username": self.name, "new": "1"}
        answer = await self._insist("POST", "/chats", 303, form)
        chat = answer.headers["location"].removeprefix("/chats/")
        self.chats.append(chat)
        if settings:
            prompt = textarea((await self.get(f"/chats/{chat}/settings")).text) or ""
            form = {"system_prompt": prompt} | settings
            await self._insist("POST", f"/chats/{chat}/settings", 303, form)
        return chat

    async def begin_chat(self, text: str, presses: int = 1) -> set[str]:
        """Sends a first message from home, that often at once with one key; the chats it led to,
        each of which is to have it."""
        key = uuid.uuid4().hex
        form = {"prompt": text.replace("\n", "\r\n"), "client_key": key}
        sends = (self._insist("POST", "/chats", 303, form) for _ in range(presses))
        answers = await asyncio.gather(*sends)
        chats = {answer.headers["location"].removeprefix("/chats/") for answer in answers}
        for chat in chats:
            self.chats.append(chat)
            self.ledger.begin(chat, key, text).acknowledge()
        return chats

    async def get(self, path: str) -> httpx.Response:
        """A page, requested again while Parley says `not now`."""
        return await self._insist("GET", path, 200)

    async def read_page(self, chat: str, before: str = "") -> str:
        """A page of the chat, its order noted."""
        query = f"?before={before}" if before else ""
        page = (await self.get(f"/chats/{chat}{query}")).text
        self.shown.orders[chat].add(tuple((m.id, m.seq) for m in articles(page)))
        return page

    async def post(self, path: str, form: dict[str, str]) -> httpx.Response:
        """A form that is answered with a page."""
        return await self._insist("POST", path, 200, form)

    async def send(
        self, chat: str, text: str, *, script: bool = False, presses: int = 1, key: str = ""
    ) -> Entry:
        """Writes a message and presses Send, again and again with the same key, until Parley says
        yes or no, or a minute has passed. Several `presses` are made at once, as by a double
        click."""
        entry = self.ledger.begin(chat, key or uuid.uuid4().hex, text)
        await asyncio.gather(*(self._press(entry, text, script) for _ in range(presses)))
        return entry

    async def _press(self, entry: Entry, text: str, script: bool) -> None:
        deadline = time.monotonic() + PATIENCE
        while entry.open and time.monotonic() < deadline:
            answer = await self.try_to_send(entry, text, script=script)
            if entry.open:
                pause = AGAIN * self.rng.uniform(0.5, 1.5)
                if answer is not None:
                    pause = min(float(answer.headers.get("retry-after", pause)), 2)
                await asyncio.sleep(pause)

    async def try_to_send(
        self, entry: Entry, text: str, *, script: bool = False
    ) -> httpx.Response | None:
        """One press of Send, and what came of it in the ledger: the answer, None if there was
        none."""
        form = {"prompt": text.replace("\n", "\r\n"), "client_key": entry.client_key}
        headers = {"HX-Request": "true"} if script else {}
        entry.attempts += 1
        entry.in_flight += 1
        try:
            answer = await self.client.post(f"/generate/{entry.chat}", data=form, headers=headers)
        except httpx.HTTPError:
            return None
        finally:
            entry.in_flight -= 1
        if answer.status_code == (200 if script else 303):
            entry.acknowledge()
        elif answer.status_code not in LATER:
            entry.refused = answer.status_code  # not stored
        return answer

    async def stop(self, chat: str, reply: str) -> None:
        """Presses Stop."""
        await self._insist("POST", f"/chats/{chat}/replies/{reply}/stop", 303)

    async def _insist(
        self, method: str, path: str, good: int, data: dict[str, str] | None = None
    ) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = await self.client.request(method, path, data=data)
                if is_good(answer, good):
                    return answer
            if time.monotonic() > deadline:
                raise UnexpectedAnswer(f"{method} {path} still failed after {PATIENCE:.0f} s")
            await asyncio.sleep(AGAIN)


def make_client(
    url: str, counts: Counter[str], transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client with cookies of its own, as patient as a browser. `counts` gets every answer that
    is an error, by its status."""

    async def count(answer: httpx.Response) -> None:
        if answer.is_error:
            counts[f"answers of {answer.status_code}"] += 1

    return httpx.AsyncClient(
        base_url=url,
        timeout=20,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=8),
        trust_env=False,
        event_hooks={"response": [count]},
        transport=transport,
    )
