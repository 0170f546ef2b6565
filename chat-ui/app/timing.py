"""What a request has cost, told in its answer's Server-Timing header (W3C, Server Timing): how long
it took here until its answer began, and what the calls of db-api that it made say of themselves."""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Cost:
    """Of one request, which everybody downstream knows by the gateway's id."""

    request_id: str
    began: float = field(default_factory=time.perf_counter)
    calls: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """The header's value; durations in milliseconds."""
        total = (time.perf_counter() - self.began) * 1000
        return ", ".join([f"chat-ui;dur={total:.1f}", *self.calls])


_current: ContextVar[Cost | None] = ContextVar("cost", default=None)


def request_id() -> dict[str, str]:
    """The header that tells a service downstream for whom it works; none for the runner's own."""
    cost = _current.get()
    return {"X-Request-ID": cost.request_id} if cost and cost.request_id else {}


def note_call(told: str | None) -> None:
    """Adds what a service downstream said in its own Server-Timing."""
    if told and (cost := _current.get()):
        cost.calls.append(told)


class TellCost:
    """Adds the header to every answer, if it `tells`; counts anyway, for services downstream."""

    def __init__(self, app: ASGIApp, *, tells: bool) -> None:
        self._app, self._tells = app, tells

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cost = Cost(Headers(scope=scope).get("x-request-id", ""))
        _current.set(cost)

        async def send_with_cost(message: Message) -> None:
            if self._tells and message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Server-Timing"] = cost.describe()
            await send(message)

        await self._app(scope, receive, send_with_cost)
