"""The base client of db-api: the person's session, and errors by name."""

import logging
from collections.abc import Mapping, Sequence
from json import loads
from typing import Any
from uuid import UUID

import aiohttp

from app import timing
from app.clients.service import Service
from app.errors import (
    BranchMoved,
    InvalidInput,
    KeyReused,
    LeaseLost,
    NotFound,
    NothingToGoOn,
    NothingToShorten,
    ParleyError,
    QueueFull,
    ReplyUnfinished,
    SessionEnded,
    TooLarge,
    Unavailable,
)

log = logging.getLogger(__name__)

# db-api's problem types, as the exceptions the rest of chat-ui knows.
FACTS = ("size", "limit", "retry_after", "head")
PROBLEMS: dict[str, type[ParleyError]] = {
    "urn:parley:chat-not-found": NotFound,
    "urn:parley:message-not-found": NotFound,
    "urn:parley:reply-not-found": NotFound,
    "urn:parley:session-ended": SessionEnded,
    "urn:parley:invalid-input": InvalidInput,
    "urn:parley:key-reused": KeyReused,
    "urn:parley:branch-moved": BranchMoved,
    "urn:parley:message-too-large": TooLarge,
    "urn:parley:queue-full": QueueFull,
    "urn:parley:reply-unfinished": ReplyUnfinished,
    "urn:parley:nothing-to-go-on": NothingToGoOn,
    "urn:parley:nothing-to-shorten": NothingToShorten,
    "urn:parley:lease-lost": LeaseLost,
    "urn:parley:offset-differs": LeaseLost,
    "urn:parley:body-too-large": TooLarge,
    "urn:parley:database-unavailable": Unavailable,
}

# aiohttp itself sends all other methods again.
NEVER_REPEATED = {"POST", "PATCH"}


class DbApi:
    """Calls db-api and turns its problems into exceptions of `app.errors`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def call(
        self,
        method: str,
        path: str,
        *,
        session: UUID | None = None,
        json: object = None,
        params: Mapping[str, str | Sequence[str]] | None = None,
        seconds: float = 10,
    ) -> bytes:
        """The JSON of a successful answer, nothing for an empty one: pydantic reads it faster than
        Python's objects.

        Raises a ParleyError: the one db-api's problem names, or Unavailable when there is no
        usable answer. A request is sent again once when the connection turned out closed before a
        byte of an answer. Repeating changes nothing for most calls; of those that create, it may
        leave an empty chat or session, or a claim that runs out by itself.
        """
        try:
            response, content = await self._ask(
                method,
                path,
                timeout=aiohttp.ClientTimeout(total=seconds),
                headers={"X-Session-ID": str(session)} if session else {},
                json=json,
                params=params,
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("db-api: %s %s: %r", method, path, error)
            raise Unavailable from error
        timing.note_call(response.headers.get("Server-Timing"))
        if 200 <= response.status < 300:
            return content
        raise _problem(path, response.status, content)

    async def _ask(
        self, method: str, path: str, **options: Any
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        try:
            return await self._ask_once(method, path, **options)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if method not in NEVER_REPEATED:
                raise
            return await self._ask_once(method, path, **options)

    async def _ask_once(
        self, method: str, path: str, **options: Any
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        async with self._service.ask(method, path, **options) as response:
            return response, await response.read()


def _problem(path: str, status: int, content: bytes) -> ParleyError:
    try:
        problem = loads(content)
        error = PROBLEMS[problem["type"]]
    except (ValueError, KeyError, TypeError):
        log.error("db-api answered %s to %s", status, path)
        return Unavailable()
    facts = {name: problem[name] for name in FACTS if problem.get(name) is not None}
    return error(**facts)
