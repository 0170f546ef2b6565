"""How chat-ui asks the other services, and what it never does."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from app.clients.base import DbApi
from app.clients.language_model import Delta, LanguageModel
from app.clients.service import Service, connect
from app.clients.types import PromptMessage
from app.errors import Unavailable
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.support.serve import serve

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@contextmanager
def serve_one(handler: Handler) -> Iterator[str]:
    """A service of which every path and method leads to this."""
    methods = ["GET", "POST"]
    with serve(Starlette(routes=[Route("/{path:path}", handler, methods=methods)])) as url:
        yield url


def ask(url: str, use: Callable[[Service], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Lets `use` have the service."""

    async def go() -> None:
        async with connect(url, "secret", **options) as service:
            await use(service)

    asyncio.run(go())


def test_a_redirection_is_no_answer_and_leads_nowhere() -> None:
    asked: list[str] = []

    async def lead_away(request: Request) -> Response:
        asked.append(request.url.path)
        return RedirectResponse("/elsewhere")

    async def call(service: Service) -> None:
        with pytest.raises(Unavailable):
            await DbApi(service).call("POST", "/chats")

    with serve_one(lead_away) as url:
        ask(url, call)
    assert asked == ["/chats"]


def test_what_is_sent_is_the_secret_and_plain_utf_8_but_no_cookie() -> None:
    heard: list[tuple[str | None, str | None, bytes]] = []

    async def listen(request: Request) -> Response:
        headers = request.headers
        heard.append((headers.get("authorization"), headers.get("cookie"), await request.body()))
        return Response(headers={"Set-Cookie": "a=b"})

    async def call(service: Service) -> None:
        for _ in range(2):
            await DbApi(service).call("POST", "/chats", json={"content": "漢"})

    with serve_one(listen) as url:
        ask(url, call)
    assert heard == [("Bearer secret", None, '{"content": "漢"}'.encode())] * 2


@pytest.mark.parametrize(("keep", "connections"), [(True, 1), (False, 3)])
def test_connections_are_kept_or_not(keep: bool, connections: int) -> None:
    ports: set[int] = set()

    async def note(request: Request) -> Response:
        assert request.client
        ports.add(request.client.port)
        return Response()

    async def call(service: Service) -> None:
        for _ in range(3):
            await DbApi(service).call("GET", "/chats")

    with serve_one(note) as url:
        ask(url, call, keep=keep)
    assert len(ports) == connections


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_turns_out_closed_is_replaced(method: str) -> None:
    """The server lets go of it when the second request comes, as one that was restarted."""
    listener = socket.create_server(("127.0.0.1", 0))
    served = []

    def answer() -> None:
        for requests in ((True, False), (True,)):
            connection, _ = listener.accept()
            with connection:
                for answered in requests:
                    served.append(connection.recv(65536).split(b" ")[0].decode())
                    if answered:
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async def call(service: Service) -> None:
        for _ in range(2):
            assert await DbApi(service).call(method, "/chats") == b"{}"

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    ask(f"http://127.0.0.1:{listener.getsockname()[1]}", call)
    thread.join(5)
    listener.close()
    assert served == [method] * 3


def test_a_letter_may_come_in_two_pieces() -> None:
    event = 'data: {"model": "m", "choices": [{"delta": {"content": "漢字"}}]}\n\ndata: [DONE]\n\n'
    whole = event.encode()
    cut = whole.index("漢".encode()) + 1

    async def stream(_: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield whole[:cut]
            await asyncio.sleep(0.05)
            yield whole[cut:]

        return StreamingResponse(pieces())

    said: list[str] = []

    async def listen(service: Service) -> None:
        prompt = [PromptMessage(role="user", content="Hi")]
        async for event in LanguageModel(service).stream(prompt, "", 9, 0):
            if isinstance(event, Delta):
                said.append(event.text)

    with serve_one(stream) as url:
        ask(url, listen)
    assert said == ["漢字"]
