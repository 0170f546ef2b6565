"""A person at a browser with scripts, as far as it takes to time what they wait for."""

import re
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from tests.support.pages import articles, text_of
from tests.support.sse import Event, aread_events

# A message's id and number. To parse the HTML would take some two milliseconds of each first word.
MESSAGE = re.compile(r'id="m-([0-9a-f-]{36})" data-seq="(\d+)"')
TOKEN = re.compile(r"<code>([\w-]+\.[\w-]+\.[\w-]+)</code>")
SALT = re.compile("Begins with <code>(.+?)</code>")
QUESTIONS = (
    "What is the sea?",
    "Name a colour and say why.",
    "Why is the sky blue?",
    "Tell me about dogs.",
    "How do birds fly?",
    "What is bread made of?",
)


def question(number: int) -> str:
    """A short one, numbered so that no cache knows the whole of it."""
    return f"{number}. {QUESTIONS[number % len(QUESTIONS)]}"


@dataclass(frozen=True)
class Timing:
    """Seconds from the press of Send to its answer, to the first word, and to the end."""

    answered: float
    first: float
    whole: float
    told: str  # the answer's Server-Timing, which is told with TIMINGS=on


class Person:
    """One session. `client` keeps its cookie."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def open_chat(self, **settings: str) -> str:
        """A new chat with these settings; its id."""
        answer = await self.submit("/chats", username="Ann", new="1")
        chat = answer.headers["location"].removeprefix("/chats/")
        if settings:
            await self.submit(f"/chats/{chat}/settings", **settings)
        return chat

    async def ask(self, chat: str, text: str, *, stop: bool = False) -> Timing:
        """Sends and watches as chat.js does: a post, then one stream of events. With `stop` the
        reply is stopped after its first word."""
        began = time.perf_counter()
        reply, seq, told = await self.send(chat, text)
        answered, first = time.perf_counter(), 0.0
        async with aclosing(self.watch(chat, seq - 1, reply)) as events:
            async for event, data in events:
                arrived = time.perf_counter()
                if not first and says_something(event, data, reply):
                    first = arrived
                    if stop:
                        break
        assert first, "no word came"
        ended = time.perf_counter()
        if stop:
            await self.stop(chat, reply)
        return Timing(answered - began, first - began, ended - began, told)

    async def send(self, chat: str, text: str) -> tuple[str, int, str]:
        """Presses Send; the reply's id and number, and the answer's Server-Timing."""
        answer = await self.client.post(
            f"/generate/{chat}",
            data={"prompt": text, "client_key": uuid.uuid4().hex},
            headers={"HX-Request": "true"},
        )
        reply, seq = MESSAGE.findall(answer.raise_for_status().text)[-1]
        return reply, int(seq), answer.headers.get("server-timing", "")

    async def stop(self, chat: str, reply: str) -> None:
        """Presses Stop."""
        await self.submit(f"/chats/{chat}/replies/{reply}/stop")

    async def watch(self, chat: str, since: int, last: str) -> AsyncGenerator[Event, None]:
        """The chat's events up to its end."""
        params = {"since": str(since), "last": last}
        async with self.client.stream("GET", f"/chats/{chat}/events", params=params) as answer:
            answer.raise_for_status()
            async with aclosing(aread_events(answer)) as events:
                async for event in events:
                    yield event

    async def time_page(self, chat: str) -> float:
        """Seconds that the chat's page takes."""
        began = time.perf_counter()
        (await self.client.get(f"/chats/{chat}")).raise_for_status()
        return time.perf_counter() - began

    async def read_export(self, chat: str) -> Any:
        """The exported chat, a dict."""
        return (await self.client.get(f"/chats/{chat}/export.json")).raise_for_status().json()

    async def read_salt(self, chat: str) -> str:
        """What this session's prompts begin with, by the page that shows one; empty: nothing."""
        page = (await self.client.get(f"/chats/{chat}/prompt")).raise_for_status().text
        found = SALT.search(page)
        return found[1] if found else ""

    async def read_reply(self, chat: str) -> Any:
        """The last reply's state and figures, a dict."""
        return (await self.read_export(chat))["messages"][-1]["reply"]

    def write_request(self, path: str, connection: str = "keep-alive") -> bytes:
        """The person's GET, for a plain socket."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookies.jar)
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookies}"]
        return "\r\n".join([*lines, f"Connection: {connection}", "", ""]).encode()

    async def make_token(self) -> str:
        """For a program that asks in this session."""
        form = {"name": "Bench", "scopes": "chat"}
        page = (await self.client.post("/settings/tokens", data=form)).raise_for_status().text
        (token,) = TOKEN.findall(page)
        return str(token)

    async def submit(self, path: str, **form: str) -> httpx.Response:
        """Any other form, which leads on to another page."""
        answer = await self.client.post(path, data=form)
        assert answer.status_code == 303, f"{path} answered {answer.status_code}"
        return answer


def says_something(event: str, data: dict[str, Any], reply: str) -> bool:
    """Whether an event brings words of this reply."""
    if data.get("id") != reply or event not in ("text", "message"):
        return False
    if event == "text":
        return bool(text_of(data["closed"] + data["open"]).strip())
    return any(article.text.strip() for article in articles(data["html"]))


@asynccontextmanager
async def visit(url: str, source: str | None = None) -> AsyncIterator[Person]:
    """Somebody new, from that address of this machine."""
    transport = httpx.AsyncHTTPTransport(
        local_address=source, limits=httpx.Limits(max_connections=None), trust_env=False
    )
    async with httpx.AsyncClient(
        base_url=url, timeout=120, transport=transport, trust_env=False
    ) as client:
        yield Person(client)
