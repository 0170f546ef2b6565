"""Begin, read, renew and end a session."""

from fastapi import APIRouter

from app.auth import Person
from app.deps import Config, Db
from app.errors import SessionEnded
from app.openapi import problems
from app.sessions import repository
from app.sessions.schemas import Session

router = APIRouter(prefix="/sessions", tags=["sessions"])


@router.post("", status_code=201, summary="Begin a session", responses=problems())
def begin_session(database: Db, settings: Config) -> Session:
    """A new session. Its id is what `X-Session-ID` takes; keep it secret, it is the only key to
    the session's chats."""
    with database.newcomer() as (connection, session_id):
        row = repository.begin(connection, session_id, settings.session_days)
    return Session.model_validate(row)


@router.get("/current", summary="Read the session", responses=problems(SessionEnded))
def read_session(person: Person, database: Db) -> Session:
    """The session named in `X-Session-ID`, as long as it is live."""
    with database.person(person) as connection:
        row = repository.find(connection, person)
    return Session.model_validate(row)


@router.post("/current/renew", summary="Renew the session", responses=problems(SessionEnded))
def renew_session(person: Person, database: Db, settings: Config) -> Session:
    """Its `SESSION_DAYS` start again now."""
    with database.person(person) as connection:
        row = repository.renew(connection, person, settings.session_days)
    return Session.model_validate(row)


@router.delete(
    "/current", status_code=204, summary="End the session", responses=problems(SessionEnded)
)
def end_session(person: Person, database: Db) -> None:
    """From now on its id opens nothing, wherever it is still remembered."""
    with database.person(person) as connection:
        repository.end(connection, person)
