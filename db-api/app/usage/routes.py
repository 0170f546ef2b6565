"""Counts what is done for a session without being stored."""

from fastapi import APIRouter

from app.errors import LimitReached, SessionEnded
from app.usage import repository
from app.usage.schemas import Call, Room, UsedTokens
from app.web.auth import Person
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/usage", tags=["limits"], route_class=ThreadRoute)


@router.post(
    "/calls",
    summary="Take a call",
    responses=problems(SessionEnded, LimitReached),
)
def take_call(body: Call, person: Person, database: Db, settings: Config) -> Room:
    """One call of a program, of the messages that the session, and the program's token, may send in
    a minute, and the tokens that it may take at most. What is left."""
    with database.person(person) as connection:
        return repository.take_call(connection, settings.quotas, body.tokens)


@router.post("/tokens", status_code=204, summary="Count tokens", responses=problems())
def count_tokens(body: UsedTokens, person: Person, database: Db) -> None:
    """Those that a call took; the rest of what was reserved for it is given back."""
    with database.runner() as connection:
        repository.count_call(connection, person, body)
