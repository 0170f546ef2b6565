"""Begin, read, change, renew and delete a session."""

from fastapi import APIRouter, Request

from app.errors import LimitReached, SessionEnded
from app.sessions import repository
from app.sessions.schemas import NewSession, Session, SessionChanges
from app.usage.repository import take_session
from app.web.auth import Person
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/sessions", tags=["sessions"], route_class=ThreadRoute)


@router.post("", status_code=201, summary="Begin a session", responses=problems(LimitReached))
def begin_session(
    request: Request, database: Db, settings: Config, body: NewSession | None = None
) -> Session:
    """A new session. Its id is what `X-Session-ID` takes; keep it secret, it is the only key to
    the session's chats."""
    new = body or NewSession()
    key = request.app.state.service_token
    with database.new_session() as (connection, session_id):
        if new.address is not None:
            take_session(connection, new.address, key, settings.quotas)
        row = repository.begin(connection, session_id, new.name, settings.session_days)
    return Session.model_validate(row)


@router.get("/current", summary="Read the session", responses=problems(SessionEnded))
def read_session(person: Person, database: Db) -> Session:
    """The session named in `X-Session-ID`, as long as it is live."""
    with database.person(person) as connection:
        row = repository.find(connection, person)
    return Session.model_validate(row)


@router.patch("/current", summary="Change the session", responses=problems(SessionEnded))
def change_session(body: SessionChanges, person: Person, database: Db, settings: Config) -> Session:
    """The person's name and the model settings of new chats; chats that exist keep their own."""
    changes = body.given(most_tokens=settings.lm_max_tokens)
    with database.person(person) as connection:
        row = repository.change(connection, person, changes)
    return Session.model_validate(row)


@router.post("/current/renew", summary="Renew the session", responses=problems(SessionEnded))
def renew_session(person: Person, database: Db, settings: Config) -> Session:
    """Its `SESSION_DAYS` start again now."""
    with database.person(person) as connection:
        row = repository.renew(connection, person, settings.session_days)
    return Session.model_validate(row)


@router.delete(
    "/current", status_code=204, summary="Delete the session", responses=problems(SessionEnded)
)
def delete_session(person: Person, database: Db) -> None:
    """It is deleted with its chats, messages and replies; a reply being written is given up. Its
    id is answered like one that never was."""
    with database.person(person) as connection:
        repository.delete_all(connection, person)
