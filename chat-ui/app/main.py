"""Puts chat-ui together: settings in, application out. Nothing connects at import."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from fastapi import Depends, FastAPI

from app.answering.exact import ModelWords
from app.api import completions, embeddings, models
from app.api.middleware import ApiHeaders
from app.api.own import chats as own_chats
from app.api.own import documents as own_documents
from app.api.own import messages as own_messages
from app.api.own import replies as own_replies
from app.api.own import search as own_search
from app.api.responses import items as response_items
from app.api.responses import routes as responses
from app.api.responses import socket as response_socket
from app.api.signing import TokenSigner
from app.assets import Assets
from app.clients.answer_finder import AnswerFinder
from app.clients.base import DbApi
from app.clients.chats import ChatsClient
from app.clients.completions import CompletionsClient
from app.clients.documents import DocumentsClient
from app.clients.embedder import Embedder
from app.clients.exports import ExportsClient
from app.clients.limits import LimitsClient
from app.clients.messages import MessagesClient
from app.clients.queue import QueueClient
from app.clients.recordings import RecordingsClient
from app.clients.replies import RepliesClient
from app.clients.service import Service, connect
from app.clients.sessions import SessionsClient
from app.clients.tokens import TokensClient
from app.clients.usage import UsageClient
from app.event_loop_lag import EventLoopLag
from app.handlers import add_error_handlers
from app.hosts import RefuseUnknownHosts
from app.interpreter import tune_interpreter
from app.preferences import ReadPreferences
from app.replies.active_reply import Sampling
from app.replies.generation import ModelServer
from app.replies.runner import Runner, name_worker
from app.replies.worker_locks import WorkerLocks
from app.routes import (
    certificate,
    chat_documents,
    chat_list,
    chat_settings,
    chats,
    docs,
    document,
    exports,
    health,
    home,
    keys,
    library,
    messages,
    prompt,
    recordings,
    regenerate,
    search,
    send,
    stop,
    tokens,
    watch,
)
from app.routes import (
    settings as settings_page,
)
from app.security import SecurityHeaders, refuse_cross_site
from app.server_log import quieten_sockets
from app.services import Services
from app.sessions import add_session_cookie
from app.settings import Settings, read_secret, read_settings
from app.shutdown import call_on_stop
from app.templating import Templates
from app.timing import TellCost
from app.toolbox import Tool, Toolbox, find_tools
from app.turns import TakeTurns
from app.watching.hub import Hub

CALLS_AT_ONCE = 20  # of db-api: more wait here, as they would wait there

PARTS = (
    home,
    chat_list,
    chats,
    send,
    stop,
    regenerate,
    messages,
    chat_documents,
    library,
    document,
    recordings,
    watch,
    chat_settings,
    prompt,
    search,
    settings_page,
    tokens,
    certificate,
    keys,
    exports,
)
# For programs.
API = (
    completions,
    responses,
    response_items,
    response_socket,
    embeddings,
    models,
    own_chats,
    own_messages,
    own_replies,
    own_search,
    own_documents,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; reads the environment only if no settings are given."""
    settings = settings or read_settings()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    quieten_sockets()
    assets = Assets()
    ends_soon = settings.tls_off_soon == "on"
    tools = find_tools(Path(settings.tools_dir) if settings.tools_dir else None)
    templates = Templates(assets, settings.assistant_name, settings.tls, ends_soon, tools.values())

    app = FastAPI(
        title="Parley chat-ui",
        description="Pages, streams, and the runner that processes the reply queue.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would name the scheme and port that it is asked by
        lifespan=lambda app: _serve(app, settings, templates, tools),
    )
    if settings.runner != "only":
        for part in PARTS:
            app.include_router(part.router, dependencies=[Depends(refuse_cross_site)])
        for part in API:
            app.include_router(part.router)
    app.include_router(health.router)
    app.mount("/static", assets)
    docs.add_docs(app, templates)
    add_error_handlers(app, templates)
    app.add_middleware(TakeTurns)
    add_session_cookie(app, settings)
    app.add_middleware(ReadPreferences)
    app.add_middleware(RefuseUnknownHosts, public_names=settings.public_names, templates=templates)
    app.add_middleware(ApiHeaders, origins=settings.origins)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(TellCost, tells=settings.timings == "on")
    return app


@contextlib.asynccontextmanager
async def _serve(
    app: FastAPI, settings: Settings, templates: Templates, tools: Mapping[str, Tool]
) -> AsyncIterator[None]:
    """Opens the clients, and runs the runner as long as the application serves."""
    db_url, db_token = settings.db_api_url, read_secret(settings.db_api_token_file)
    lm_key = read_secret(settings.lm_api_key_file)
    signer = TokenSigner(read_secret(settings.token_key_file))
    async with (
        connect(db_url, db_token, at_once=CALLS_AT_ONCE) as db_api,
        # A follow and a search hold their connections while they wait; the runner's leases must
        # not wait behind pages.
        connect(db_url, db_token) as unbounded_db_api,
        # llama.cpp's server may close a connection after a streamed answer: never keep one.
        connect(settings.lm_api_url, lm_key, keep=False) as lm_api,
        contextlib.AsyncExitStack() as running,
    ):
        api, unbounded = DbApi(db_api), DbApi(unbounded_db_api)
        chats_client = ChatsClient(api, searching=unbounded)
        messages_client = MessagesClient(api, unbounded)
        server = ModelServer.of(lm_api)
        hub = Hub(messages_client)
        call_on_stop(hub.close)
        lag = EventLoopLag(settings.lag_interval_seconds, hub.is_idle)
        running.callback(asyncio.create_task(lag.measure()).cancel)
        embed = await _connect(settings.embed_url, settings.embed_key_file, running)
        embedder = Embedder(embed)
        runner = None
        if settings.runner != "off":
            queue = QueueClient(unbounded, name_worker())
            tools_are_on = settings.model_tools == "on"
            sampling = Sampling(settings.temperature, settings.reply_tokens, tools=tools_are_on)
            locks = WorkerLocks(settings.runners_dir, queue.worker)
            answer = await _connect(settings.answer_url, settings.answer_key_file, running)
            vision = await _connect(settings.vision_url, settings.vision_key_file, running)
            head = ModelWords(AnswerFinder(answer))
            eyes = ModelServer.of(vision) if vision else None
            toolbox = Toolbox(tools, ChatsClient(unbounded, unbounded), DocumentsClient(unbounded))
            runner = Runner(
                queue,
                server,
                embedder,
                head,
                hub,
                sampling,
                locks,
                toolbox,
                eyes,
                settings.answer_cache_seconds,
            )
            await running.enter_async_context(runner.run())
        app.state.services = Services(
            settings,
            templates,
            SessionsClient(api),
            TokensClient(api),
            signer,
            CompletionsClient(api),
            LimitsClient(api),
            chats_client,
            messages_client,
            DocumentsClient(api),
            ExportsClient(api),
            RecordingsClient(api),
            RepliesClient(api),
            UsageClient(api),
            server.model,
            embedder,
            server.prompts,
            hub,
            runner,
            lag,
        )
        tune_interpreter()
        yield


async def _connect(url: str, key: Path, stack: contextlib.AsyncExitStack) -> Service | None:
    """To a service that there need not be: without an address there is none."""
    if not url:
        return None
    return await stack.enter_async_context(connect(url, read_secret(key), keep=False))
