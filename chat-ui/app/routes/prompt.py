"""What the language model gets: nothing is hidden."""

import asyncio
import contextlib
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.clients.completion import ModelAway, ModelBroke, ModelRefused
from app.loading import load_chats
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices
from app.sessions import Session
from app.views.pages import PromptPage

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)


@router.get(
    "/chats/{chat_id}/prompt",
    summary="What the language model gets",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_prompt(services: AppServices, session: Session, chat_id: UUID) -> HTMLResponse:
    """Everything that comes before the next message, and its tokens if lm-api answers."""
    chat, chats, prompt = await asyncio.gather(
        services.chats.get(session, chat_id),
        load_chats(services, session, chat_id),
        services.chats.prompt(session, chat_id),
    )
    exact, tokens = None, None
    with contextlib.suppress(ModelAway, ModelBroke, ModelRefused):  # the page says so
        exact, tokens = await services.model.describe(prompt.messages)
    page = PromptPage(chat, chats, prompt, exact, tokens)
    return services.templates.page("prompt.html", page)
