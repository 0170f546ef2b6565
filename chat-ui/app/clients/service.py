"""Connections to the other services of Parley.

This is the only module that knows the HTTP library; all others see `Service`, `Answer`, `Stream`
and the exceptions.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp

from app import timing
from app.addresses import network_header

CONNECT_SECONDS = 5

# aiohttp itself repeats all other methods.
NOT_REPEATED_BY_AIOHTTP = {"POST", "PATCH"}


class NoConnection(Exception):
    """The service can't be reached: nothing was sent."""


class BrokenOff(Exception):
    """The connection was lost."""


class TookTooLong(BrokenOff):
    """It was given up, because nothing came for too long."""


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True)
class Stream:
    """An answer that is still coming: bytes as they arrive."""

    status: int
    pieces: AsyncIterator[bytes]

    async def read(self) -> bytes:
        """All that is left of it."""
        return b"".join([piece async for piece in self.pieces])


class Service:
    """Another service of Parley; `connect` leads to it."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def ask(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float,
    ) -> Answer:
        """One request and its answer. Raises NoConnection or BrokenOff.

        The request is sent once more if the connection turns out closed before a byte of an answer.
        """
        headers = {**timing.request_id(), **network_header(), **(headers or {})}
        body = {"json": json} if content is None else {"data": content}
        once = partial(
            self._ask_once, method, path, seconds, headers=headers, params=params, **body
        )
        try:
            try:
                return await once()
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if method not in NOT_REPEATED_BY_AIOHTTP:
                    raise
                return await once()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NoConnection(repr(error)) from error
        except TimeoutError as error:
            raise TookTooLong(repr(error)) from error
        except aiohttp.ClientError as error:
            raise BrokenOff(repr(error)) from error

    async def _ask_once(self, method: str, path: str, seconds: float, **options: Any) -> Answer:
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with self._http.request(
            method, path, timeout=timeout, allow_redirects=False, **options
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    @asynccontextmanager
    async def stream(self, path: str, json: object, *, seconds: float) -> AsyncIterator[Stream]:
        """Posts, and gives the answer as it comes; at most `seconds` between two pieces. Leaving
        the block closes the connection. Raises NoConnection or BrokenOff, also while reading."""
        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=seconds)
        headers = timing.request_id()
        try:
            async with self._http.post(
                path, json=json, timeout=timeout, headers=headers, allow_redirects=False
            ) as response:
                yield Stream(response.status, response.content.iter_any())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NoConnection(repr(error)) from error
        except TimeoutError as error:
            raise TookTooLong(repr(error)) from error
        except aiohttp.ClientError as error:
            raise BrokenOff(repr(error)) from error


@asynccontextmanager
async def connect(
    url: str, secret: str, *, at_once: int = 0, keep: bool = True
) -> AsyncIterator[Service]:
    """A service by its address and secret.

    At most `at_once` connections (0: any number). They are kept for the next request if `keep`. No
    cookies: services have no use for them. A service that comes back under another address is found
    within ten seconds, aiohttp's default.
    """
    async with aiohttp.ClientSession(
        url,
        connector=aiohttp.TCPConnector(limit=at_once, force_close=not keep),
        headers={"Authorization": f"Bearer {secret}"},
        cookie_jar=aiohttp.DummyCookieJar(),
        json_serialize=_write_json,
    ) as http:
        yield Service(http)


def _write_json(value: object) -> str:
    """In UTF-8 a letter takes two or three bytes, escaped six."""
    return json.dumps(value, ensure_ascii=False)
