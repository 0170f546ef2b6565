"""Connections to the other services of Parley."""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp

from app import timing


class Service:
    """Another service of Parley, to be asked; `connect` leads to it."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    def ask(
        self, method: str, path: str, timeout: aiohttp.ClientTimeout, **options: Any
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """One request, redirected nowhere; the person's request id goes along."""
        headers = timing.request_id() | options.pop("headers", {})
        return self._http.request(
            method, path, timeout=timeout, headers=headers, allow_redirects=False, **options
        )


@asynccontextmanager
async def connect(
    url: str, secret: str, *, at_once: int = 0, keep: bool = True
) -> AsyncIterator[Service]:
    """A service by its address and secret. Over `at_once` connections at most (0: any number),
    which are kept for the next request or not. No cookies: services have no use for them. One that
    comes back under another address is found within ten seconds, aiohttp's usual."""
    async with aiohttp.ClientSession(
        url,
        connector=aiohttp.TCPConnector(limit=at_once, force_close=not keep),
        headers={"Authorization": f"Bearer {secret}"},
        cookie_jar=aiohttp.DummyCookieJar(),
        json_serialize=_write_json,
    ) as http:
        yield Service(http)


def _write_json(value: object) -> str:
    """Of bytes in UTF-8 a letter takes two or three, of escapes six."""
    return json.dumps(value, ensure_ascii=False)
