"""What routes work with: the clients, the hub and the runner of one application."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.api.signing import TokenSigner
from app.clients.chats import ChatsClient
from app.clients.completions import CompletionsClient
from app.clients.documents import DocumentsClient
from app.clients.embedder import Embedder
from app.clients.exports import ExportsClient
from app.clients.language_model import LanguageModel
from app.clients.limits import LimitsClient
from app.clients.messages import MessagesClient
from app.clients.queue_types import Sent
from app.clients.recordings import RecordingsClient
from app.clients.replies import RepliesClient
from app.clients.sessions import SessionsClient
from app.clients.tokens import TokensClient
from app.clients.usage import UsageClient
from app.event_loop_lag import EventLoopLag
from app.replies.prompt_cache import PromptCache
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
    tokens: TokensClient
    signer: TokenSigner
    completions: CompletionsClient
    limits: LimitsClient
    chats: ChatsClient
    messages: MessagesClient
    documents: DocumentsClient
    exports: ExportsClient
    recordings: RecordingsClient
    replies: RepliesClient
    usage: UsageClient
    model: LanguageModel
    embedder: Embedder
    prompts: PromptCache
    hub: Hub
    runner: Runner | None
    lag: EventLoopLag

    @property
    def worker(self) -> str | None:
        """The name under which this copy can claim a reply at once; None if it has no runner."""
        return self.runner.worker if self.runner else None

    def begin_reply(self, sent: Sent) -> None:
        """Lets this copy write the reply if it was claimed for it."""
        if sent.claim and self.runner:
            self.runner.begin(sent.claim)


async def get_services(request: Request) -> Services:
    """Dependency: the application's services."""
    services: Services = request.app.state.services
    return services


AppServices = Annotated[Services, Depends(get_services)]
