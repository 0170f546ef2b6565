"""Create, list, read and change chats."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.chats import repository
from app.chats.cursor import Cursor
from app.chats.schemas import Chat, ChatChanges, ChatPage, NewChat
from app.errors import ChatNotFound, ChatsFull, LimitReached, SessionEnded
from app.texts import Text
from app.usage.repository import take_chat
from app.web.auth import Person
from app.web.deps import Config, Db, Notifier
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/chats", tags=["chats"], route_class=ThreadRoute)


@router.post(
    "",
    status_code=201,
    summary="Create a chat",
    responses=problems(SessionEnded, LimitReached, ChatsFull),
)
def create_chat(body: NewChat, person: Person, database: Db, settings: Config) -> Chat:
    """A new chat of this session, under the name the person goes by."""
    with database.person(person) as connection:
        take_chat(connection, settings.quotas)
        row = repository.create(
            connection, person, body.username, body.system_prompt, body.opening_message
        )
    return Chat.model_validate(row)


@router.get("", summary="List chats", responses=problems(SessionEnded))
def list_chats(
    person: Person,
    database: Db,
    username: Annotated[
        Text | None, Query(description="Only chats under exactly this name.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    empty: Annotated[
        bool, Query(description="Also those without a message of the person and a document.")
    ] = False,
) -> ChatPage:
    """This session's chats: the pinned ones first, then the one written to last."""
    cursor = None if before is None else Cursor.parse(before)
    with database.person(person) as connection:
        rows = repository.list_page(
            connection, person, username=username, limit=limit + 1, before=cursor, empty=empty
        )
    return ChatPage.of(rows, limit)


@router.get("/{chat_id}", summary="Read a chat", responses=problems(SessionEnded, ChatNotFound))
def read_chat(chat_id: UUID, person: Person, database: Db) -> Chat:
    """One chat, without its messages. Somebody else's is not found."""
    with database.person(person) as connection:
        row = repository.find(connection, person, chat_id)
    return Chat.model_validate(row)


@router.patch("/{chat_id}", summary="Change a chat", responses=problems(SessionEnded, ChatNotFound))
def change_chat(
    chat_id: UUID,
    body: ChatChanges,
    person: Person,
    database: Db,
    settings: Config,
    notifier: Notifier,
) -> Chat:
    """What is absent stays as it is, the time it was last written to as well. A new system prompt
    and new settings apply from the next reply on."""
    changes = body.given(most_tokens=settings.lm_max_tokens)
    with database.person(person) as connection:
        row = repository.change(connection, person, chat_id, changes)
    notifier.notify([chat_id])
    return Chat.model_validate(row)
