"""Another service, played: what clients ask of it, and what they make of any answer."""

from collections.abc import AsyncIterator, Iterator

import pytest
from app.clients.service import Service, connect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    Response,
)
from starlette.routing import Route

from tests.chat_ui.support import serve


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
