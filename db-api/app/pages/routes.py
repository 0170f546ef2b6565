"""All that a chat's page shows, in one call: three would cost three times the way."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.branches.page import read_page
from app.chats import repository as chats
from app.chats.schemas import Chat, ChatPage
from app.documents.repository import list_of_chat
from app.documents.schemas import Document
from app.errors import ChatNotFound, MessageNotFound, SessionEnded
from app.messages.schemas import At, Before
from app.pages.schemas import Page
from app.web.auth import Person
from app.web.deps import Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/chats/{chat_id}/page", tags=["chats"], route_class=ThreadRoute)


@router.get(
    "",
    summary="Read what a chat's page shows",
    responses=problems(SessionEnded, ChatNotFound, MessageNotFound),
)
def read_chat_page(
    chat_id: UUID,
    person: Person,
    database: Db,
    limit: Annotated[int, Query(ge=1, le=200, description="Of messages.")] = 50,
    before: Before = None,
    at: At = None,
    beside: Annotated[int, Query(ge=1, le=200, description="How many chats to list.")] = 50,
) -> Page:
    """The chat, a part of a branch as `/messages` answers it, its documents, and the first page of
    `/chats`."""
    with database.person(person) as connection:
        chat = chats.find(connection, person, chat_id)
        messages = read_page(connection, person, chat, limit=limit, before=before, at=at)
        # Most chats have none, and each query is a round trip.
        kept = list_of_chat(connection, person, chat_id) if chat.has_documents else []
        rows = chats.list_page(connection, person, limit=beside + 1)
    return Page(
        chat=Chat.model_validate(chat),
        messages=messages,
        documents=[Document.model_validate(row) for row in kept],
        chats=ChatPage.of(rows, beside),
    )
