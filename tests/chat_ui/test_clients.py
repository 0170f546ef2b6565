"""How chat-ui asks the other services, and what it never does. Of the language model:
test_language_model.py."""

import contextlib
import json
import re
import socket
import threading
from typing import Any

import httpx
import pytest
from app.clients.answer_finder import AnswerFinder
from app.clients.base import DbApi
from app.clients.embedder import Embedder, QuestionVector
from app.clients.service import BrokenOff, Service, connect
from app.errors import InvalidInput, ParleyError, QueueFull, Unavailable
from app.timing import TellCost
from app.turns import TakeTurns
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.chat_ui.other_service import Other, other, service, url
from tests.chat_ui.support import free_port, serve

__all__ = ["other", "service", "url"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (RedirectResponse("/elsewhere"), Unavailable),
        (PlainTextResponse("oops", 500), Unavailable),
        (Response('{"type": "urn:parley:something-new"}', 409), Unavailable),
        (Response('{"type": "urn:parley:invalid-input", "errors": []}', 422), Unavailable),
        (Response('{"type": "urn:parley:queue-full", "retry_after": 30}', 429), QueueFull),
        (Response('{"type": "urn:parley:limit-reached", "what": "air"}', 429), Unavailable),
        (
            Response(
                '{"type": "urn:parley:invalid-input", "errors": [{"field": "x", "reason": "y"}]}',
                422,
            ),
            InvalidInput,
        ),
    ],
)
async def test_what_is_no_answer_is_a_problem_that_pages_know(
    other: Other, service: Service, answer: Response, error: type[ParleyError]
) -> None:
    other.answer = answer
    with pytest.raises(error) as raised:
        await DbApi(service).send("POST", "/chats")
    facts = {"retry_after": 30} if error is QueueFull else {}
    assert (raised.value.kind, raised.value.facts) == (error.kind, facts)
    assert len(other.heard) == 1, "a redirection leads nowhere"


async def test_a_figure_that_is_whole_has_no_decimals(other: Other, service: Service) -> None:
    refused = {"field": "temperature", "reason": "out-of-range", "least": 0.5, "most": 2.0}
    other.answer = JSONResponse({"type": "urn:parley:invalid-input", "errors": [refused]}, 422)
    with pytest.raises(InvalidInput) as raised:
        await DbApi(service).send("POST", "/chats")
    assert str(raised.value.facts) == "{'least': 0.5, 'most': 2}"


@pytest.mark.parametrize(("keep", "connections"), [(True, 1), (False, 3)])
async def test_what_is_sent_is_the_secret_and_plain_utf_8_but_no_cookie_and_connections_are_kept(
    other: Other, url: str, keep: bool, connections: int
) -> None:
    other.answer = Response(headers={"Set-Cookie": "a=b"})
    by_name = url.replace("127.0.0.1", "localhost")  # addresses get no cookies in any case
    async with connect(by_name, "secret", keep=keep) as service:
        for _ in range(3):
            await DbApi(service).send("POST", "/chats", json={"content": "漢"})
    assert other.bodies == ['{"content": "漢"}'.encode()] * 3
    assert {request.headers["authorization"] for request in other.heard} == {"Bearer secret"}
    assert not any("cookie" in request.headers for request in other.heard)
    assert len({request.client for request in other.heard}) == connections


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_connection_that_turns_out_closed_is_replaced(method: str) -> None:
    """The server lets go of it when the second request comes, as one that was restarted."""
    listener = socket.create_server(("127.0.0.1", 0))
    served = []

    def answer() -> None:
        for requests in (2, 1):
            with listener.accept()[0] as connection:
                for _ in range(requests):
                    served.append(connection.recv(65536).split(b" ")[0].decode())
                    if len(served) != 2:
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    threading.Thread(target=answer, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with listener:
        async with connect(url, "secret") as service:
            for _ in range(2):
                assert await DbApi(service).send(method, "/chats") == b"{}"
    assert served == [method] * 3


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_who_lets_go_of_every_connection_is_asked_twice(method: str) -> None:
    listener, asked = socket.create_server(("127.0.0.1", 0)), []

    def let_go() -> None:
        with contextlib.suppress(OSError):
            while True:
                with listener.accept()[0] as connection:
                    asked.append(connection.recv(65536))

    threading.Thread(target=let_go, daemon=True).start()
    with listener:
        async with connect(f"http://127.0.0.1:{listener.getsockname()[1]}", "") as service:
            with pytest.raises(BrokenOff):
                await service.ask(method, "/", seconds=9)
    assert len(asked) == 2


async def test_what_a_request_cost_is_told_and_the_gateways_id_goes_along(
    other: Other, service: Service
) -> None:
    other.answer = Response(headers={"Server-Timing": "db-api;dur=1.0"})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            await DbApi(service).send("GET", "/chats")
        await PlainTextResponse("ok")(scope, receive, send)

    transport = httpx.ASGITransport(app=TellCost(app, tells=True))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat-ui") as http:
        told = await http.get("/", headers={"X-Request-ID": "abc"})
        other.answer = Response()
        untold = await http.get("/")
    cost = r"chat-ui;dur=[\d.]+"
    assert re.fullmatch(cost, untold.headers["server-timing"])
    assert re.fullmatch(cost + ", db-api;dur=1.0" * 2, told.headers["server-timing"])
    assert [r.headers.get("x-request-id") for r in other.heard] == ["abc", "abc", None, None]


async def test_db_api_is_told_where_a_request_comes_from(other: Other, service: Service) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await DbApi(service).send("GET", "/chats")
        await PlainTextResponse("ok")(scope, receive, send)

    await DbApi(service).send("GET", "/chats")
    for client in (("192.0.2.1", 1), ("2001:db8:1:2::3", 1)):
        transport = httpx.ASGITransport(app=TakeTurns(app), client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://chat-ui") as http:
            await http.get("/v1/models")
    told = [request.headers.get("x-network") for request in other.heard]
    assert told == [None, "192.0.2.1", "2001:db8:1:2::/64"]


class Embed:
    """embed, with a model of that name; `told` is what it says to a text."""

    def __init__(self, model: str, told: Response) -> None:
        self.model, self.told = model, told
        self.asked: list[str] = []

    async def models(self, request: Request) -> Response:
        return JSONResponse({"data": [{"id": self.model}]})

    async def embeddings(self, request: Request) -> Response:
        self.asked += (await request.json())["input"]
        return self.told


@pytest.mark.parametrize(
    ("name", "told", "expected"),
    [
        ("multilingual-e5-small", JSONResponse({"data": [{"embedding": [1, 2]}]}), [1, 2]),
        ("other", JSONResponse({"data": [{"embedding": [1, 2]}]}), [1, 2]),
        ("other", JSONResponse({"data": []}), None),
        ("other", JSONResponse({"data": [{"embedding": [1, 2]}]}, 500), None),
        ("other", Response("no JSON"), None),
    ],
)
async def test_a_question_gets_a_vector_if_embed_makes_one(
    name: str, told: Response, expected: list[float] | None
) -> None:
    embed = Embed(name, told)
    routes = [
        Route("/v1/models", embed.models),
        Route("/v1/embeddings", embed.embeddings, methods=["POST"]),
    ]
    with serve(Starlette(routes=routes)) as url:
        async with connect(url, "secret") as service:
            vector = await Embedder(service).embed("Why? " * 1000)
    assert vector == (expected and QuestionVector(expected, name))
    (asked,) = embed.asked
    assert asked.startswith("query: Why?" if "e5" in name else "Why?")
    assert len(asked) < 1100


FOUND = {"passage": 0, "start": 1, "end": 3, "score": 0.8, "no_answer_score": 0.1, "model": "m"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, (1, 3)),
        ({"end": 4, "score": 0.1}, (1, 4)),  # that is to say, none
        ({"end": 4}, None),
        ({"start": 3}, None),
        ({"start": -1}, None),
        ({"passage": 1}, None),
        ({"passage": -1}, None),
        ({"score": "high"}, None),
        (500, None),
    ],
)
async def test_words_that_answer_are_taken_if_they_are_there(
    other: Other, service: Service, change: Any, words: tuple[int, int] | None
) -> None:
    status, answer = (200, FOUND | change) if isinstance(change, dict) else (change, FOUND)
    other.answer = JSONResponse(answer, status)
    found = await AnswerFinder(service).find("Why? " * 1000, ["abc"])
    assert (found and (found.start, found.end)) == words
    asked = json.loads(other.bodies[0])
    assert (len(asked["question"]), asked["passages"]) == (1000, ["abc"])
    assert other.heard[0].url.path == "/answer"


async def test_without_embed_there_is_no_vector_and_without_answer_no_words(
    service: Service, other: Other
) -> None:
    assert await Embedder(None).embed("Why?") is None
    other.answer = JSONResponse({"data": []})
    assert await Embedder(service).embed("Why?") is None
    assert await AnswerFinder(None).find("Why?", ["abc"]) is None
    async with connect(f"http://127.0.0.1:{free_port()}", "") as nobody:
        assert await Embedder(nobody).embed("Why?") is None
        assert await AnswerFinder(nobody).find("Why?", ["abc"]) is None
