"""Who may connect by a WebSocket, and how many at once."""

import contextlib
import re
from collections import Counter
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import WebSocket
from fastapi.security.utils import get_authorization_scheme_param

from app.api.caller import Caller, find_caller, require_scope
from app.api.errors import ApiError
from app.api.fields import refuse, refuse_unsupported
from app.errors import LimitReached
from app.services import Services

KEY = re.compile("[ -~]{1,255}")
MOST, MOST_OF_SESSION = 64, 8  # connections of this copy, each of which may have a frame of 1 MB
RETRY_SECONDS = 10

_open = Counter[UUID]()  # by session


async def admit(socket: WebSocket, services: Services) -> tuple[Caller, str | None]:
    """Who connects, and the connection's key, if it has one; ParleyError for whoever may not."""
    _check_origin(socket, services.settings.origins)
    for name in socket.query_params:
        refuse_unsupported(name)
    key = _read_key(socket)
    scheme, token = get_authorization_scheme_param(socket.headers.get("authorization"))
    caller = await find_caller(services, token if scheme.lower() == "bearer" else "")
    require_scope(caller, "chat")
    return caller, key


@contextlib.contextmanager
def count(session: UUID) -> Iterator[None]:
    """Within the block it is open. LimitReached if as many are as may be."""
    if _open[session] >= MOST_OF_SESSION or _open.total() >= MOST:
        raise LimitReached("streams", limit=MOST_OF_SESSION, retry_after=RETRY_SECONDS)
    _open[session] += 1
    try:
        yield
    finally:
        _open[session] -= 1
        if not _open[session]:
            del _open[session]


def _check_origin(socket: WebSocket, origins: Collection[str]) -> None:
    """Browsers let pages of any site connect, and say from where; ApiError unless that is here, or
    in API_ORIGINS."""
    origin = socket.headers.get("origin")
    if origin and origin not in origins and urlsplit(origin).netloc != socket.headers.get("host"):
        raise ApiError(403, "Pages of this site may not connect.", "origin_not_allowed")


def _read_key(socket: WebSocket) -> str | None:
    key = socket.headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        refuse("idempotency-key", "has 1 to 255 printable ASCII characters")
    return key
