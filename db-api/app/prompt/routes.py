"""Read what the model would get, for people; get a shorter prompt, for runners."""

from uuid import UUID

from fastapi import APIRouter

from app.errors import ChatNotFound, LeaseLost, NothingToShorten, ReplyNotFound, SessionEnded
from app.prompt.schemas import Prompt, ReplyPrompt, ShorterPrompt
from app.prompt.show import show_prompt, show_prompt_of_reply
from app.prompt.trim import shorten
from app.web.auth import Person
from app.web.deps import Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute
from app.web.runners import ReplyId, WorkerName

router = APIRouter(route_class=ThreadRoute)


@router.get(
    "/chats/{chat_id}/prompt",
    tags=["chats"],
    summary="Read the prompt",
    responses=problems(SessionEnded, ChatNotFound),
)
def read_prompt(chat_id: UUID, person: Person, database: Db) -> Prompt:
    """What the model would be given before the person's next message. Of a reply that is still
    being written there is nothing in it."""
    with database.person(person) as connection:
        return show_prompt(connection, person, chat_id)


@router.get(
    "/chats/{chat_id}/replies/{reply_id}/prompt",
    tags=["chats"],
    summary="Read the prompt of a reply",
    responses=problems(SessionEnded, ChatNotFound, ReplyNotFound),
)
def read_prompt_of_reply(
    chat_id: UUID, reply_id: UUID, person: Person, database: Db
) -> ReplyPrompt:
    """With the passages and pictures that it had. What has been changed or deleted since is
    different in it, or not in it."""
    with database.person(person) as connection:
        return show_prompt_of_reply(connection, person, chat_id, reply_id)


@router.post(
    "/replies/{reply_id}/shorten",
    tags=["runners"],
    summary="Get a shorter prompt",
    responses=problems(LeaseLost, NothingToShorten),
)
def shorten_prompt(reply_id: ReplyId, body: WorkerName, database: Db) -> ShorterPrompt:
    """For a prompt the model refused as too long: about half of it, its beginning left out."""
    with database.runner() as connection:
        return shorten(connection, reply_id, body.worker)
