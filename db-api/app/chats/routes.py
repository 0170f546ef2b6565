"""Create, list, read, change and delete chats; what they show and what the model gets."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.auth import Person
from app.chats import deleting, repository
from app.chats.places import Place
from app.chats.schemas import (
    Chat,
    ChatChanges,
    ChatPage,
    DeletedChat,
    DeletedChats,
    NewChat,
    NewHead,
)
from app.deps import Bells, Db
from app.errors import ChatNotFound, MessageNotFound, SessionEnded
from app.messages import branches
from app.openapi import problems
from app.replies.prompts import show_prompt
from app.replies.schemas import Prompt
from app.routing import ThreadRoute
from app.texts import Name

router = APIRouter(prefix="/chats", tags=["chats"], route_class=ThreadRoute)


@router.post("", status_code=201, summary="Create a chat", responses=problems(SessionEnded))
def create_chat(body: NewChat, person: Person, database: Db) -> Chat:
    """A new chat of this session, under the name the person goes by."""
    with database.person(person) as connection:
        row = repository.create(
            connection, person, body.username, body.system_prompt, body.opening_message
        )
    return Chat.model_validate(row)


@router.get("", summary="List chats", responses=problems(SessionEnded))
def list_chats(
    person: Person,
    database: Db,
    username: Annotated[
        Name | None, Query(description="Only chats under exactly this name.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> ChatPage:
    """This session's chats: the pinned ones first, then the one written to last."""
    place = None if before is None else Place.parse(before)
    with database.person(person) as connection:
        rows = repository.list_page(
            connection, person, username=username, limit=limit + 1, before=place
        )
    return ChatPage.of(rows, limit)


@router.get("/deleted", summary="List deleted chats", responses=problems(SessionEnded))
def list_deleted_chats(
    person: Person, database: Db, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> DeletedChats:
    """Those that can be restored, the one deleted last first."""
    with database.person(person) as connection:
        rows = repository.list_deleted(connection, person, limit)
    return DeletedChats(items=[DeletedChat.model_validate(row) for row in rows])


@router.get("/{chat_id}", summary="Read a chat", responses=problems(SessionEnded, ChatNotFound))
def read_chat(chat_id: UUID, person: Person, database: Db) -> Chat:
    """One chat, without its messages. Somebody else's is not found."""
    with database.person(person) as connection:
        row = repository.find(connection, person, chat_id)
    return Chat.model_validate(row)


@router.patch("/{chat_id}", summary="Change a chat", responses=problems(SessionEnded, ChatNotFound))
def change_chat(
    chat_id: UUID, body: ChatChanges, person: Person, database: Db, bells: Bells
) -> Chat:
    """What is absent stays as it is, the time it was last written to as well. A new system prompt
    and new settings count from the next reply on."""
    with database.person(person) as connection:
        row = repository.change(connection, person, chat_id, body.given())
    bells.wake([chat_id])
    return Chat.model_validate(row)


@router.delete(
    "/{chat_id}",
    status_code=204,
    summary="Delete a chat",
    responses=problems(SessionEnded, ChatNotFound),
)
def delete_chat(chat_id: UUID, person: Person, database: Db, bells: Bells) -> None:
    """It is not found any more, and its unfinished replies are stopped. For a day it can be
    restored, then it is deleted for good."""
    with database.person(person) as connection:
        deleting.delete(connection, person, chat_id)
    bells.wake([chat_id])


@router.post(
    "/{chat_id}/restore", summary="Restore a chat", responses=problems(SessionEnded, ChatNotFound)
)
def restore_chat(chat_id: UUID, person: Person, database: Db) -> Chat:
    """Undoes its deletion. One that is not deleted is answered as it is."""
    with database.person(person) as connection:
        row = repository.restore(connection, person, chat_id)
    return Chat.model_validate(row)


@router.put(
    "/{chat_id}/head",
    summary="Show another branch",
    responses=problems(SessionEnded, ChatNotFound, MessageNotFound),
)
def show_branch(chat_id: UUID, body: NewHead, person: Person, database: Db, bells: Bells) -> Chat:
    """The branch shown runs through this message and on by the newest answers."""
    with database.person(person) as connection:
        row = branches.show(connection, person, chat_id, body.message_id)
    bells.wake([chat_id])
    return Chat.model_validate(row)


@router.get(
    "/{chat_id}/prompt",
    summary="Read what the model gets",
    responses=problems(SessionEnded, ChatNotFound),
)
def read_prompt(chat_id: UUID, person: Person, database: Db) -> Prompt:
    """What would be given to it before the person's next message. Of a reply that is still being
    written there is nothing in it."""
    with database.person(person) as connection:
        return show_prompt(connection, person, chat_id)
