"""Counts what is done for a session without being stored."""

from fastapi import APIRouter

from app.errors import LimitReached, SessionEnded
from app.usage import repository
from app.usage.schemas import UsedTokens
from app.web.auth import Person
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/usage", tags=["limits"], route_class=ThreadRoute)


@router.post(
    "/calls",
    status_code=204,
    summary="Take a call",
    responses=problems(SessionEnded, LimitReached),
)
def take_call(person: Person, database: Db, settings: Config) -> None:
    """One call of a program, of the messages that the session may send in a minute. Refused, too,
    as long as its tokens of the minute are used up."""
    with database.person(person) as connection:
        repository.take_call(connection, settings.quotas)


@router.post("/tokens", status_code=204, summary="Count tokens", responses=problems())
def count_tokens(body: UsedTokens, person: Person, database: Db, settings: Config) -> None:
    """Those that a call took. If they are more than the session had left, the next call waits."""
    with database.runner() as connection:
        repository.count_tokens(connection, person, body.tokens, settings.quotas)
