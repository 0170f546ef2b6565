"""Each answer says what it cost, and whoever works for it downstream learns its id."""

import asyncio
import re

import httpx
from app.clients.base import DbApi
from app.clients.service import connect
from app.timing import TellCost
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.support.person import open_chat
from tests.support.serve import serve

TOLD = re.compile(r'chat-ui;dur=[\d.]+, db-api;dur=[\d.]+, sql;dur=[\d.]+;desc="(\d+) round trips"')


def test_a_page_says_what_it_cost_here_and_in_db_api(browser: httpx.Client) -> None:
    told = TOLD.fullmatch(browser.get(open_chat(browser)).headers["server-timing"])
    assert told, "one call"
    assert int(told[1]) == 4


def test_the_gateways_id_goes_along() -> None:
    heard: list[str | None] = []

    async def db_api(request: Request) -> Response:
        heard.append(request.headers.get("x-request-id"))
        return Response(headers={"Server-Timing": "db-api;dur=1.0"})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async with connect(url, "token") as service:
            for _ in range(2):
                await DbApi(service).call("GET", "/chats")
        await PlainTextResponse("ok")(scope, receive, send)

    async def ask(headers: dict[str, str]) -> str:
        transport = httpx.ASGITransport(app=TellCost(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://chat-ui") as http:
            return str((await http.get("/", headers=headers)).headers["server-timing"])

    with serve(Starlette(routes=[Route("/chats", db_api)])) as url:
        told = asyncio.run(ask({"X-Request-ID": "abc"}))
        assert re.fullmatch(r"chat-ui;dur=[\d.]+, db-api;dur=1.0, db-api;dur=1.0", told)
        asyncio.run(ask({}))
    assert heard == ["abc", "abc", None, None]
