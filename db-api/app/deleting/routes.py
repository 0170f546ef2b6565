"""Delete chats and messages; list and restore deleted chats; end a session."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.chats import repository
from app.chats.schemas import Chat, DeletedChat, DeletedChats
from app.deleting import chats, messages, purge, sessions
from app.errors import ChatNotFound, MessageNotFound, SessionEnded
from app.web.auth import Person
from app.web.deps import Db, Notifier
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(route_class=ThreadRoute)


@router.get(
    "/chats/deleted",
    tags=["chats"],
    summary="List deleted chats",
    responses=problems(SessionEnded),
)
def list_deleted_chats(
    person: Person, database: Db, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> DeletedChats:
    """Those that can be restored, the one deleted last first."""
    with database.person(person) as connection:
        rows = repository.list_deleted(connection, person, limit)
    return DeletedChats(items=[DeletedChat.model_validate(row) for row in rows])


@router.delete(
    "/chats/{chat_id}",
    status_code=204,
    tags=["chats"],
    summary="Delete a chat",
    responses=problems(SessionEnded, ChatNotFound),
)
def delete_chat(chat_id: UUID, person: Person, database: Db, notifier: Notifier) -> None:
    """It is not found any more, and its unfinished replies are stopped. For a day it can be
    restored, then it is deleted for good. What a program asked for is so at once, or as soon as its
    reply has stopped."""
    with database.person(person) as connection:
        can_be_restored = chats.delete(connection, person, chat_id)
    if not can_be_restored:
        purge.drop_deleted(database, chat_id)
    notifier.notify([chat_id])


@router.post(
    "/chats/{chat_id}/restore",
    tags=["chats"],
    summary="Restore a chat",
    responses=problems(SessionEnded, ChatNotFound),
)
def restore_chat(chat_id: UUID, person: Person, database: Db) -> Chat:
    """Undoes its deletion. One that is not deleted is answered as it is."""
    with database.person(person) as connection:
        row = repository.restore(connection, person, chat_id)
    return Chat.model_validate(row)


@router.delete(
    "/chats/{chat_id}/messages/{message_id}",
    tags=["messages"],
    summary="Delete a message and all below it",
    responses=problems(SessionEnded, ChatNotFound, MessageNotFound),
)
def delete_messages(
    chat_id: UUID, message_id: UUID, person: Person, database: Db, notifier: Notifier
) -> Chat:
    """On every branch; replies being written there are given up. If it was shown, the branch shown
    ends at the newest leaf below its parent, or at that."""
    with database.person(person) as connection:
        row = messages.delete(connection, person, chat_id, message_id)
    notifier.notify([chat_id])
    return Chat.model_validate(row)


@router.post(
    "/sessions/current/end",
    status_code=204,
    tags=["sessions"],
    summary="End the session",
    responses=problems(SessionEnded),
)
def end_session(person: Person, database: Db, notifier: Notifier) -> None:
    """Its id is answered like one that never was, and its unfinished replies are stopped. What it
    has can't be reached any more, and is deleted for good a day later."""
    with database.person(person) as connection:
        stopped = sessions.end(connection, person)
    notifier.notify(stopped)
