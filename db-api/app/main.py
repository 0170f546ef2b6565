"""Puts the service together. Importing this connects to nothing and reads no environment."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio.to_thread
from fastapi import Depends, FastAPI

from app.answering.routes import router as answering
from app.branches.routes import router as branches
from app.chats.routes import router as chats
from app.completions.routes import router as completions
from app.db.transactions import Database, divide_pool
from app.deleting.purge import purge_regularly
from app.deleting.routes import router as deleting
from app.documents.routes import router as documents
from app.exports.routes import router as exports
from app.files.models import BLOCK_BYTES
from app.files.routes import router as files
from app.following.routes import router as following
from app.messages.routes import router as messages
from app.notifier import ChangeNotifier
from app.pages.routes import router as pages
from app.passages.routes import router as passages
from app.prompt.routes import router as prompt
from app.queue.routes import router as queue
from app.queue.routes import runners
from app.reading.routes import router as reading
from app.recordings.routes import router as recordings
from app.search.routes import router as search
from app.sending.routes import router as sending
from app.sessions.routes import router as sessions
from app.settings import Settings, read_settings
from app.tokens.routes import router as tokens
from app.usage.routes import router as usage
from app.web import docs, health, limits
from app.web.auth import require_doc_worker, require_service
from app.web.handlers import add_handlers
from app.web.middleware import Guard
from app.web.openapi import describe
from app.web.turns import Turns

# In the order of the document; a fixed path before one with a parameter in its place.
ROUTERS = (
    sessions,
    tokens,
    limits.router,
    usage,
    deleting,
    chats,
    pages,
    search,
    branches,
    messages,
    exports,
    sending,
    completions,
    prompt,
    files,
    documents,
    recordings,
    passages,
    following,
    queue,
    runners,
    answering,
)

DESCRIPTION = """
Sessions, chats, messages and replies of Parley. Every call carries the service's token; every
call for a person also carries `X-Session-ID`, and reaches that session's rows only. Press
*Authorize*, enter the token, begin a session, and enter its id as well.
"""
TAGS = [
    {"name": "sessions", "description": "Who is asking."},
    {"name": "tokens", "description": "For programs that act for a session."},
    {"name": "chats", "description": "A person's conversations."},
    {"name": "messages", "description": "A chat's messages: read, send, follow, delete."},
    {"name": "completions", "description": "What programs ask for."},
    {"name": "replies", "description": "Regenerate, continue or stop a reply."},
    {"name": "files", "description": "Upload a file, block by block."},
    {"name": "documents", "description": "A person's documents, in chats or in the library."},
    {"name": "recordings", "description": "Sound that is transcribed for a message."},
    {"name": "runners", "description": "For the workers that write replies with the model."},
    {"name": "reading", "description": "For doc-worker, with its own token."},
    {"name": "limits", "description": "What is accepted, and what was used of it."},
    {"name": "health", "description": "For operators."},
]


@asynccontextmanager
async def run(app: FastAPI) -> AsyncIterator[None]:
    """As many threads as connections: a thread that waits for one would only take up room.
    Beside the requests there is one small task, which cleans up."""
    threads = sum(divide_pool(app.state.settings.db_pool).values())
    anyio.to_thread.current_default_thread_limiter().total_tokens = threads
    purging = asyncio.create_task(purge_regularly(app.state.database))
    yield
    purging.cancel()
    with suppress(asyncio.CancelledError):
        await purging
    app.state.database.close()


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; without settings they come from the environment."""
    settings = settings or read_settings()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    app = FastAPI(
        title="Parley db-api",
        version="1",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        lifespan=run,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.database = Database(settings)
    app.state.service_token = settings.service_token.encode()
    app.state.doc_worker_token = settings.doc_worker_token.encode()
    app.state.notifier = ChangeNotifier()
    app.state.searches = Turns()
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way
    app.add_middleware(Guard, body_limit=settings.body_limit, block_limit=BLOCK_BYTES)
    add_handlers(app)
    guarded = [Depends(require_service)]
    for router in ROUTERS:
        app.include_router(router, dependencies=guarded)
    app.include_router(reading, dependencies=[Depends(require_doc_worker)])
    app.include_router(health.router)
    app.include_router(docs.router)
    return app
