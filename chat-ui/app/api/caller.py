"""Who calls the API: the session that a bearer token acts for. No cookie is ever read."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from starlette.requests import Request

from app.api.errors import ApiError
from app.api.queries import check_query
from app.asking import note_token
from app.services import AppServices, Services

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token from the settings page, at `/settings/tokens`.",
)
MISSING = "Send a token: Authorization: Bearer … You make one in Parley's settings."
Shown = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]


@dataclass(frozen=True)
class Caller:
    """A live token, the session that it acts for, and what it may do."""

    token: UUID
    session: UUID
    scopes: frozenset[str]


async def find_caller(services: Services, token: str) -> Caller:
    """Who shows this token, or TokenRefused; db-api is asked each time."""
    if not token:
        raise ApiError(401, MISSING, "invalid_api_key")
    token_id = services.signer.verify(token)
    note_token(token_id)
    use = await services.tokens.use(token_id)
    return Caller(token_id, use.session_id, frozenset(use.scopes))


def require_scope(caller: Caller, scope: str) -> None:
    """ApiError if its token may not do this."""
    if scope not in caller.scopes:
        message = f"This token lacks the scope {scope}. Make one that has it."
        raise ApiError(403, message, "missing_scope")


async def require_caller(request: Request, services: AppServices, shown: Shown) -> Caller:
    """Dependency: who calls, or TokenRefused; db-api is asked each time. ApiError if the address is
    asked with what it doesn't know."""
    caller = await find_caller(services, shown.credentials if shown else "")
    check_query(request)
    return caller


AnyCaller = Annotated[Caller, Depends(require_caller)]


async def check_scopes(needed: SecurityScopes, caller: AnyCaller) -> Caller:
    """Dependency: who calls with a token that may do this."""
    for scope in needed.scopes:
        require_scope(caller, scope)
    return caller


Chatter = Annotated[Caller, Security(check_scopes, scopes=["chat"])]
Reader = Annotated[Caller, Security(check_scopes, scopes=["read"])]
Librarian = Annotated[Caller, Security(check_scopes, scopes=["documents"])]
