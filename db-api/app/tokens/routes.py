"""Make, list, revoke and use tokens."""

from uuid import UUID

from fastapi import APIRouter

from app.errors import SessionEnded, TokenNotFound, TokenRefused, TokensFull
from app.tokens import repository
from app.tokens.schemas import NewToken, Token, Tokens, TokenUse
from app.web.auth import Person
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/tokens", tags=["tokens"], route_class=ThreadRoute)


@router.post(
    "",
    status_code=201,
    summary="Make a token",
    responses=problems(SessionEnded, TokensFull),
)
def make_token(body: NewToken, person: Person, database: Db) -> Token:
    """What it is known by; chat-ui signs its id, and that is what a program shows."""
    with database.person(person) as connection:
        row = repository.create(connection, person, body.name, body.scopes, body.days)
    return Token.model_validate(row)


@router.get("", summary="List tokens", responses=problems(SessionEnded))
def list_tokens(person: Person, database: Db) -> Tokens:
    """Those that were not revoked, the newest first. An expired one is listed for a day."""
    with database.person(person) as connection:
        rows = repository.list_all(connection, person)
    return Tokens(items=[Token.model_validate(row) for row in rows])


@router.delete(
    "/{token_id}",
    status_code=204,
    summary="Revoke a token",
    responses=problems(SessionEnded, TokenNotFound),
)
def revoke_token(token_id: UUID, person: Person, database: Db) -> None:
    """The program that has it is refused from its next call on."""
    with database.person(person) as connection:
        repository.revoke(connection, person, token_id)


@router.post(
    "/{token_id}/use",
    summary="Use a token",
    responses=problems(TokenRefused, SessionEnded),
)
def use_token(token_id: UUID, database: Db, settings: Config) -> TokenUse:
    """Whom a live token acts for, and what it may do. Its use counts as the session's: that is
    renewed once a day."""
    with database.unauthenticated() as connection:
        session = repository.find_session(connection, token_id)
    with database.person(session) as connection:
        row = repository.use(connection, session, token_id, settings.session_days)
    return TokenUse(session_id=row.session_id, scopes=row.scopes)
