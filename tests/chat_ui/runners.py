"""A runner by itself, for tests: the calls by which it asks db-api fail where a test plans it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import pytest
from app.answering.exact import BestSentence
from app.clients.base import DbApi
from app.clients.documents import DocumentsClient
from app.clients.embedder import Embedder
from app.clients.language_model import READ_SECONDS, LanguageModel
from app.clients.queue import QueueClient
from app.clients.queue_types import Claim, Step
from app.clients.service import connect
from app.clients.slots import SlotsClient
from app.replies import generation
from app.replies.active_reply import Sampling
from app.replies.prompt_cache import PromptCache
from app.replies.publisher import Publisher
from app.replies.readers import Readers
from app.replies.runner import Runner
from app.replies.worker_locks import WorkerLocks
from app.toolbox import Toolbox, find_tools

from tests.chat_ui.support import (
    Clients,
    DbApiServer,
    ModelServer,
    ScriptedModel,
    StartDbApi,
    wait_until,
)

SAMPLING = Sampling(temperature=0, reply_tokens=100)


@pytest.fixture(scope="module")
def db_api(start_db_api: StartDbApi) -> DbApiServer:
    """Of these runners alone."""
    return start_db_api()


class Faulty:
    """db-api's replies; a call fails as long as `faults` plans one for it. `calls` were made."""

    worker = "bench"

    def __init__(self, api: DbApi) -> None:
        self.calls: list[str] = []
        self.faults: dict[str, list[Exception]] = {}
        self._replies = QueueClient(api, self.worker)

    def __getattr__(self, call: str) -> Any:
        def pass_on(*given: Any, **more: Any) -> Any:
            self.calls.append(call)
            if faults := self.faults.get(call):
                raise faults.pop(0)
            return getattr(self._replies, call)(*given, **more)

        return pass_on


@dataclass
class Bench:
    """A runner, and a chat in which a message has just been sent and claimed for it."""

    runner: Runner
    replies: Faulty
    claim: Claim
    read: Callable[[], Any]
    publisher: Mock
    readers: Readers

    def begin(self, *steps: str) -> None:
        """Has the runner write the reply, of which that much is there."""
        written = [Step(text=text) for text in steps]
        self.runner.begin(self.claim.model_copy(update={"steps": written}))

    async def ended(self) -> Any:
        """The message, once its reply has ended."""
        while True:
            message = (await self.read()).items[-1]
            if message.reply.final:
                return message
            await asyncio.sleep(0.02)


@pytest.fixture
def patience() -> float:
    """How many seconds the model may say nothing: tests hold it, and take their time."""
    return READ_SECONDS


@pytest.fixture
async def bench(
    clients: Clients,
    model_server: ModelServer,
    model: ScriptedModel,
    patience: float,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> AsyncIterator[Bench]:
    monkeypatch.setattr("app.replies.generation.BROKEN_SECONDS", 0)
    session, chat, replies = clients.session, await clients.open_chat(), Faulty(clients.api)
    sent = await clients.messages.send(session, chat, "Hi", "key", replies.worker)
    assert sent.claim
    publisher = Mock(spec=Publisher)
    async with connect(model_server.url, "") as lm_api:
        language_model = LanguageModel(lm_api, patience)
        server = generation.ModelServer(language_model, PromptCache(SlotsClient(lm_api)), Readers())
        locks = WorkerLocks(tmp_path, replies.worker)
        queue = cast("QueueClient", replies)
        embedder = Embedder(None)
        tools = Toolbox(find_tools(), clients.chats, DocumentsClient(clients.api))
        runner = Runner(queue, server, embedder, BestSentence(), publisher, SAMPLING, locks, tools)
        async with runner.run():
            read = partial(clients.messages.read, session, chat)
            yield Bench(runner, replies, sent.claim, read, publisher, server.readers)
            model.go.set()


async def until(is_so: Callable[[], object]) -> None:
    await asyncio.to_thread(wait_until, is_so)


def stored(db_api: DbApiServer, bench: Bench) -> Any:
    return db_api.sql(f"SELECT text FROM replies WHERE message_id = '{bench.claim.reply.id}'")
