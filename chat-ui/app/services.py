"""What routes work with: the clients, the hub and the runner of one application."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.clients.chats import ChatsClient
from app.clients.language_model import LanguageModel
from app.clients.messages import MessagesClient
from app.clients.sessions import SessionsClient
from app.loop_pauses import LoopPauses
from app.replies.runner import Runner
from app.settings import Settings
from app.templating import Templates
from app.watching.hub import Hub


@dataclass(frozen=True)
class Services:
    """Made once per application; `runner` is None where RUNNER is off."""

    settings: Settings
    templates: Templates
    sessions: SessionsClient
    chats: ChatsClient
    messages: MessagesClient
    model: LanguageModel
    hub: Hub
    runner: Runner | None
    pauses: LoopPauses


async def get_services(request: Request) -> Services:
    """Dependency: the application's services."""
    services: Services = request.app.state.services
    return services


Ask = Annotated[Services, Depends(get_services)]
