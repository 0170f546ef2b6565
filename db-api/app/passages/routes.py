"""Find passages of a chat's documents, or of all."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.chats import repository as chats
from app.db.transactions import Database
from app.errors import ChatNotFound, LimitReached, SessionEnded
from app.passages.schemas import Found, Limit, Question
from app.passages.search import find_in_all, find_passages
from app.usage.repository import take_search
from app.web.auth import Person
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(tags=["documents"], route_class=ThreadRoute)
PATH = "/chats/{chat_id}/passages"


@router.get(
    "/passages",
    summary="Find passages of all documents",
    responses=problems(SessionEnded, LimitReached),
)
def read_passages_of_all(
    person: Person,
    database: Db,
    settings: Config,
    q: Annotated[str, Query(min_length=1, max_length=2000, description="A question, or words.")],
    limit: Annotated[Limit, Query()] = 5,
) -> Found:
    """Those of the session's documents that fit best, by their words. It counts as a search."""
    with database.person(person) as connection:
        take_search(connection, settings.quotas)
        return find_in_all(connection, person, q.replace("\0", " "), limit)


@router.get(PATH, summary="Find passages", responses=problems(SessionEnded, ChatNotFound))
def read_passages(
    chat_id: UUID,
    person: Person,
    database: Db,
    q: Annotated[str, Query(min_length=1, max_length=2000, description="A question, or words.")],
    limit: Annotated[Limit, Query()] = 5,
) -> Found:
    """Those of the chat's documents that fit best, by their words. Pages that have not been read
    yet are not among them."""
    return search(database, person, chat_id, Question(question=q.replace("\0", " "), limit=limit))


@router.post(
    PATH,
    summary="Find passages by vectors, too",
    responses=problems(SessionEnded, ChatNotFound),
)
def search_passages(chat_id: UUID, body: Question, person: Person, database: Db) -> Found:
    """The same, with the question before it and with its vector, if there is a model for that."""
    return search(database, person, chat_id, body)


def search(database: Database, person: UUID, chat_id: UUID, asked: Question) -> Found:
    with database.person(person) as connection:
        chats.find(connection, person, chat_id)
        return find_passages(connection, person, chat_id, **asked.model_dump())
