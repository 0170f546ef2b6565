"""Create, list, read and delete chats."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.auth import Person
from app.chats import repository
from app.chats.schemas import Chat, ChatPage, NewChat
from app.deps import Bells, Db
from app.errors import ChatNotFound, SessionEnded
from app.openapi import problems
from app.texts import Name

router = APIRouter(prefix="/chats", tags=["chats"])


@router.post("", status_code=201, summary="Create a chat", responses=problems(SessionEnded))
def create_chat(body: NewChat, person: Person, database: Db) -> Chat:
    """A new chat of this session, under the name the person goes by."""
    with database.person(person) as connection:
        row = repository.create(
            connection, person, body.username, body.system_prompt, body.opening_message
        )
    return Chat.model_validate(row)


@router.get("", summary="List chats", responses=problems(SessionEnded, ChatNotFound))
def list_chats(
    person: Person,
    database: Db,
    username: Annotated[
        Name | None, Query(description="Only chats under exactly this name.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[UUID | None, Query(description="`next` of the page before.")] = None,
) -> ChatPage:
    """This session's chats, the one written to last first."""
    with database.person(person) as connection:
        rows = repository.list_newest(
            connection, person, username=username, limit=limit + 1, before=before
        )
    items = [Chat.model_validate(row) for row in rows[:limit]]
    return ChatPage(items=items, next=items[-1].id if len(rows) > limit else None)


@router.get("/{chat_id}", summary="Read a chat", responses=problems(SessionEnded, ChatNotFound))
def read_chat(chat_id: UUID, person: Person, database: Db) -> Chat:
    """One chat, without its messages. Somebody else's is not found."""
    with database.person(person) as connection:
        row = repository.find(connection, person, chat_id)
    return Chat.model_validate(row)


@router.delete(
    "/{chat_id}",
    status_code=204,
    summary="Delete a chat",
    responses=problems(SessionEnded, ChatNotFound),
)
def delete_chat(chat_id: UUID, person: Person, database: Db, bells: Bells) -> None:
    """The chat, its messages and its replies are gone; a reply being written is given up."""
    with database.person(person) as connection:
        repository.remove(connection, person, chat_id)
    bells.wake([chat_id])
