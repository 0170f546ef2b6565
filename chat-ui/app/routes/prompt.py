"""What the language model gets: nothing is hidden."""

import asyncio
import contextlib
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.clients.completion import ModelAway, ModelBroke, ModelRefused
from app.clients.language_model import hash_prompt
from app.clients.prompt_types import PromptMessage, ReplyPrompt
from app.clients.types import Chat
from app.loading import load_chats
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices, Services
from app.sessions import Session
from app.toolbox.calling import add_tools
from app.views.pages import PromptPage, ReplyPromptPage

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
    if _may_use_tools(services, chat):
        messages = add_tools(prompt.messages, services.templates.tools, [])
        prompt = prompt.model_copy(update={"messages": messages})
    page = PromptPage(chat, chats, prompt, *await _describe(services, prompt.messages))
    return services.templates.page("prompt.html", page)


@router.get(
    "/chats/{chat_id}/replies/{reply_id}/prompt",
    summary="What the language model got for a reply",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_prompt_of_reply(
    services: AppServices, session: Session, chat_id: UUID, reply_id: UUID
) -> HTMLResponse:
    """Rebuilt, with the passages of documents that were found for it. The page says whether
    something of it was changed or deleted since."""
    chat, chats, prompt, model = await asyncio.gather(
        services.chats.get(session, chat_id),
        load_chats(services, session, chat_id),
        services.chats.prompt_of_reply(session, chat_id, reply_id),
        services.model.find_name(),
    )
    prompt = _with_tools(services, chat, prompt)
    raw = None
    if prompt.messages and prompt.model == model:
        raw, _ = await _describe(services, prompt.messages)
    page = ReplyPromptPage(chat, chats, reply_id, prompt, raw, hash_prompt(prompt.messages))
    return services.templates.page("reply_prompt.html", page)


def _may_use_tools(services: Services, chat: Chat) -> bool:
    return services.settings.model_tools == "on" if chat.tools is None else chat.tools


def _with_tools(services: Services, chat: Chat, prompt: ReplyPrompt) -> ReplyPrompt:
    """As the model got it: whether it might call tools then is told by the hash, or else by what
    it did."""
    messages = prompt.messages
    if messages and hash_prompt(messages) != prompt.sha256:
        with_tools = add_tools(messages, services.templates.tools, prompt.calls)
        if prompt.calls or hash_prompt(with_tools) == prompt.sha256:
            return prompt.model_copy(update={"messages": with_tools})
    return prompt


async def _describe(
    services: Services, prompt: list[PromptMessage]
) -> tuple[str, int] | tuple[None, None]:
    """As the model reads it, and its tokens; None while lm-api is away, which the page says."""
    with contextlib.suppress(ModelAway, ModelBroke, ModelRefused):
        return await services.model.describe(prompt)
    return None, None
