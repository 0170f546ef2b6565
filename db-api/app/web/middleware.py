"""What holds for every request: bounded bodies, safe headers, and no fault without an answer."""

import logging
import re
import traceback

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import timing
from app.errors import BodyTooLarge, InternalError, render

log = logging.getLogger("parley")

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
BLOCK = re.compile(r"/files/[^/]+/blocks/[^/]+|/reading/[^/]+/(picture|pages|vectors)")


class Guard:
    """The outermost layer of our own. A block of a file has a limit of its own,
    and what was read in a file the same."""

    def __init__(self, app: ASGIApp, body_limit: int, block_limit: int) -> None:
        self.app = app
        self.body_limit = body_limit
        self.block_limit = block_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False
        cost = timing.begin()

        async def send_safely(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
                headers["Server-Timing"] = cost.describe()
            await send(message)

        try:
            limit = self.block_limit if BLOCK.fullmatch(scope["path"]) else self.body_limit
            bounded = await self._bound_body(scope, receive, limit)
            if bounded is None:
                too_large = render(BodyTooLarge(limit=limit))
                await too_large(scope, receive, send_safely)
            else:
                await self.app(scope, bounded, send_safely)
        except Exception as error:
            asked = Headers(scope=scope).get("x-request-id", "-")
            fault = describe_fault(error)
            log.error("%s %s: 500 %s, id %s", scope["method"], scope["path"], fault, asked)
            if started:
                raise
            await render(InternalError())(scope, receive, send_safely)

    async def _bound_body(self, scope: Scope, receive: Receive, limit: int) -> Receive | None:
        """Where to read the body from, or None if it is too large.

        A stated length is enforced by the server; a body without one is read here, so that it
        is refused before anybody parses it.
        """
        headers = Headers(scope=scope)
        stated = headers.get("content-length", "")
        if stated.isdigit():
            return receive if int(stated) <= limit else None
        if "transfer-encoding" not in headers:
            return receive
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limit:
                return None
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        return replay


def describe_fault(error: Exception) -> str:
    """The kind of error and the place, but not its text, which could quote what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    # Where any statement is prepared says nothing about which one.
    ours = [f for f in frames if "/app/" in f.filename and "/prepared.py" not in f.filename]
    place = f"{ours[-1].filename.rpartition('/app/')[2]}:{ours[-1].lineno}" if ours else "?"
    return f"{type(error).__name__} at {place}"
