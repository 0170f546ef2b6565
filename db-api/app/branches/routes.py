"""Read a page of a branch, and choose the branch that is shown."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from app.branches.page import read_page
from app.branches.show import show
from app.chats import repository as chats
from app.chats.schemas import Chat
from app.errors import ChatNotFound, MessageNotFound, SessionEnded
from app.messages.schemas import At, Before, MessagePage
from app.web.auth import Person
from app.web.deps import Db, Notifier
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/chats/{chat_id}", route_class=ThreadRoute)


class NewHead(BaseModel):
    """A message of the branch to show."""

    message_id: UUID


@router.get(
    "/messages",
    tags=["messages"],
    summary="Read a page of messages",
    responses=problems(SessionEnded, ChatNotFound, MessageNotFound),
)
def read_messages(
    chat_id: UUID,
    person: Person,
    database: Db,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Before = None,
    at: At = None,
) -> MessagePage:
    """A part of a branch, oldest first: ending at the head, just above `before`, or around `at`."""
    with database.person(person) as connection:
        chat = chats.find(connection, person, chat_id)
        return read_page(connection, person, chat, limit=limit, before=before, at=at)


@router.put(
    "/head",
    tags=["chats"],
    summary="Show another branch",
    responses=problems(SessionEnded, ChatNotFound, MessageNotFound),
)
def show_branch(
    chat_id: UUID, body: NewHead, person: Person, database: Db, notifier: Notifier
) -> Chat:
    """The branch shown leads through this message and on by the newest answers."""
    with database.person(person) as connection:
        row = show(connection, person, chat_id, body.message_id)
    notifier.notify([chat_id])
    return Chat.model_validate(row)
