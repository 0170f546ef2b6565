"""Who calls: a service with the shared token, mostly on behalf of one session; or doc-worker."""

import hmac
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from app.db.asking import note_token
from app.db.network import note_network
from app.errors import InvalidInput, ServiceTokenNeeded

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="Service token",
    description="The secret in DB_API_TOKEN_FILE, shared by the services that may call.",
)
doc_worker_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="doc-worker's token",
    description="The secret in DOC_WORKER_TOKEN_FILE, which opens the reading of documents alone.",
)
session_header = APIKeyHeader(
    name="X-Session-ID",
    auto_error=False,
    scheme_name="Session",
    description="The id of the session the call is for, as POST /sessions returned it.",
)


# async, though nothing is awaited: a plain function would be sent to a thread for a comparison.
async def require_service(
    request: Request,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> None:
    """Refuse whoever does not know the service's token."""
    _compare(shown, request.app.state.service_token)


async def require_doc_worker(
    request: Request,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(doc_worker_bearer)],
) -> None:
    """Refuse whoever is not doc-worker, the other services, too."""
    _compare(shown, request.app.state.doc_worker_token)


def _compare(shown: HTTPAuthorizationCredentials | None, token: bytes) -> None:
    if shown is None or not hmac.compare_digest(shown.credentials.encode(), token):
        raise ServiceTokenNeeded


async def read_session_id(
    request: Request, shown: Annotated[str | None, Depends(session_header)]
) -> UUID:
    """The session asked for; whether it is live is checked as its transaction begins. What it asks
    for is of the address that `X-Network` tells, unless there are no limits, and of the token that
    `X-Token-ID` does."""
    network = request.headers.get("x-network", "")
    if request.app.state.settings.limits != "off":
        note_network(network, request.app.state.service_token)
    note_token(_read_token_id(request.headers.get("x-token-id")))
    try:
        return UUID(shown or "")
    except ValueError:
        message = "Must be the UUID of a session." if shown else "This header is needed."
        reason = "invalid" if shown else "missing"
        raise InvalidInput.of("X-Session-ID", message, reason) from None


def _read_token_id(shown: str | None) -> UUID | None:
    """The token that a program shows. What is no session's own counts for none."""
    try:
        return UUID(shown) if shown else None
    except ValueError:
        raise InvalidInput.of("X-Token-ID", "Must be the UUID of a token.") from None


Person = Annotated[UUID, Depends(read_session_id)]
