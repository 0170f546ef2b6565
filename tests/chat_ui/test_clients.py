"""How chat-ui asks the other services, and what it never does."""

import asyncio
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from app.clients.answer_finder import AnswerFinder
from app.clients.base import DbApi
from app.clients.completion import (
    Delta,
    ModelAway,
    ModelBroke,
    ModelDied,
    ModelRefused,
    Started,
)
from app.clients.embedder import Embedder, QuestionVector
from app.clients.language_model import LanguageModel
from app.clients.service import Service, connect
from app.clients.types import PassagePart, PromptMessage, PromptPart, TextPart
from app.errors import InvalidInput, ParleyError, QueueFull, Unavailable
from app.timing import TellCost
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.chat_ui.support import free_port, serve

pytestmark = pytest.mark.anyio


class Other:
    """Another service: gives `answer` to whatever it is asked, and remembers it."""

    def __init__(self) -> None:
        self.answer = Response()
        self.heard: list[Request] = []
        self.bodies: list[bytes] = []

    async def respond(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        self.heard.append(request)
        return self.answer


@pytest.fixture
def other() -> Other:
    return Other()


@pytest.fixture
def url(other: Other) -> Iterator[str]:
    routes = [Route("/{path:path}", other.respond, methods=["GET", "POST"])]
    with serve(Starlette(routes=routes)) as url:
        yield url


@pytest.fixture
async def service(url: str) -> AsyncIterator[Service]:
    async with connect(url, "secret") as service:
        yield service


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (RedirectResponse("/elsewhere"), Unavailable),
        (PlainTextResponse("oops", 500), Unavailable),
        (Response('{"type": "urn:parley:something-new"}', 409), Unavailable),
        (Response('{"type": "urn:parley:invalid-input", "errors": []}', 422), Unavailable),
        (Response('{"type": "urn:parley:queue-full", "retry_after": 30}', 429), QueueFull),
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


def say(*texts: str) -> list[PromptMessage]:
    return [PromptMessage(role="user", parts=[TextPart(text=text) for text in texts])]


async def test_a_letter_may_come_in_two_pieces_and_a_stream_may_end_early(
    other: Other, service: Service
) -> None:
    event = 'data: {"model": "m", "choices": [{"delta": {"content": "漢字"}}]}\n\n'.encode()
    cut = event.index("漢".encode()) + 1

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (event[:cut], event[cut:], b": a comment\n\n"):
            yield piece
            await asyncio.sleep(0.05)

    other.answer = StreamingResponse(pieces())
    stream = LanguageModel(service).stream(say("Hi"), "", 9, 0)
    assert [await anext(stream), await anext(stream)] == [Started("m"), Delta("漢字")]
    with pytest.raises(ModelDied, match="ended early"):
        await anext(stream)


async def test_who_is_not_there_is_said_to_be_away() -> None:
    async with connect(f"http://127.0.0.1:{free_port()}", "") as service:
        model = LanguageModel(service)
        for asked in (model.describe(say("Hi")), anext(model.stream(say("Hi"), "", 9, 0))):
            with pytest.raises(ModelAway):
                await asked
        assert await model.find_name() is None
        with pytest.raises(Unavailable):
            await DbApi(service).send("GET", "/chats")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response("loading", 503), ModelAway),
        (Response("no such key", 401), ModelAway),
        (Response('{"error": {"type": "exceed_context_size_error"}}', 400), ModelRefused),
        (Response('{"error": {"type": "invalid_request_error"}}', 400), ModelRefused),
        (Response("oops", 500), ModelBroke),
        (RedirectResponse("/elsewhere"), ModelBroke),
    ],
)
async def test_a_model_that_refuses_is_heard_out_once(
    other: Other, service: Service, answer: Response, error: type[Exception]
) -> None:
    other.answer, model = answer, LanguageModel(service)
    with pytest.raises(error):
        await anext(model.stream(say("Hi"), "", 9, 0))
    assert len(other.heard) == 1, "a redirection leads nowhere"
    with pytest.raises(error):
        await model.describe(say("Hi"))


async def test_an_error_may_come_in_the_middle_of_a_stream(other: Other, service: Service) -> None:
    other.answer = Response('data: {"error": {"message": "out of memory"}}\n\ndata: [DONE]\n\n')
    with pytest.raises(ModelBroke, match="out of memory"):
        _ = [event async for event in LanguageModel(service).stream(say("Hi"), "", 9, 0)]


async def test_a_models_name_is_asked_for_now_and_then_until_it_is_known(
    other: Other, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = LanguageModel(service)
    for wrong in ("no JSON", '{"data": []}', '{"data": [7]}', "[]"):
        other.answer = Response(wrong)
        model = LanguageModel(service)
        assert await model.find_name() is None
    other.answer = Response('{"data": [{"id": "m1"}]}')
    assert await model.find_name() is None, "asked just now"
    monkeypatch.setattr("app.clients.language_model.ASK_AGAIN_SECONDS", 0)
    model = LanguageModel(service)
    assert await model.find_name() == "m1"
    other.answer = Response('data: {"model": "m2", "choices": []}\n\ndata: [DONE]\n\n')
    assert [event async for event in model.stream(say("Hi"), "", 9, 0)] == [Started("m2")]
    assert await model.find_name() == "m2", "who writes tells, too"


async def test_a_message_s_parts_are_one_text_each_passage_headed_by_where_it_is_from(
    other: Other, service: Service
) -> None:
    other.answer = Response("data: [DONE]\n\n")
    passage = PassagePart(document="a.txt", page=2, text="Words.")
    parts: list[PromptPart] = [
        TextPart(text="one"),
        passage,
        TextPart(text="two"),
    ]
    for prompt in (say("one"), [PromptMessage(role="user", parts=parts)]):
        assert not [event async for event in LanguageModel(service).stream(prompt, "", 9, 0)]
    assert b'[{"role": "user", "content": "one"}]' in other.bodies[0]
    joined = rb'"one\n\nFrom \"a.txt\", page 2:\nWords.\n\ntwo"'
    assert b'[{"role": "user", "content": ' + joined + b"}]" in other.bodies[1]


async def test_what_a_request_cost_is_told_and_the_gateways_id_goes_along(
    other: Other, service: Service
) -> None:
    other.answer = Response(headers={"Server-Timing": "db-api;dur=1.0"})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            await DbApi(service).send("GET", "/chats")
        await PlainTextResponse("ok")(scope, receive, send)

    transport = httpx.ASGITransport(app=TellCost(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat-ui") as http:
        told = await http.get("/", headers={"X-Request-ID": "abc"})
        await http.get("/")
    cost = r"chat-ui;dur=[\d.]+, db-api;dur=1.0, db-api;dur=1.0"
    assert re.fullmatch(cost, told.headers["server-timing"])
    assert [r.headers.get("x-request-id") for r in other.heard] == ["abc", "abc", None, None]


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
