"""What a program asks for."""

from fastapi import APIRouter

from app.completions.schemas import NewCompletion
from app.completions.store import store
from app.errors import (
    ChatsFull,
    InvalidInput,
    LimitReached,
    MessageTooLarge,
    QueueFull,
    SessionEnded,
)
from app.limits import check_message
from app.sending.schemas import Sent
from app.web.auth import Person
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/completions", tags=["completions"], route_class=ThreadRoute)


@router.post(
    "",
    status_code=201,
    summary="Ask for a completion",
    responses=problems(SessionEnded, QueueFull, LimitReached, ChatsFull, MessageTooLarge),
)
def create_completion(body: NewCompletion, person: Person, database: Db, settings: Config) -> Sent:
    """Stores the messages and a reply in one transaction, in a chat that no list and no search has;
    it is kept for `API_KEEP_DAYS`. A prompt that is too long for the model fails; it is not
    shortened."""
    for content in (body.system_prompt, body.question, *(each.content for each in body.history)):
        check_message(content, settings.message_limit)
    most = settings.lm_max_tokens
    if body.reply_tokens is not None and body.reply_tokens > most:
        raise InvalidInput.of(
            "reply_tokens", f"Not from 1 to {most}", "out-of-range", least=1, most=most
        )
    with database.person(person) as connection:
        return store(
            connection,
            person,
            body,
            slots=settings.lm_slots,
            quotas=settings.quotas,
            days=settings.api_keep_days,
        )
