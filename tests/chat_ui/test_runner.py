"""The runner by itself, where a browser could not bring about what must be tried."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from app.clients.base import DbApi
from app.clients.chats import ChatsClient
from app.clients.language_model import LanguageModel
from app.clients.replies import RepliesClient
from app.clients.sessions import SessionsClient
from app.clients.types import Claim, Message
from app.replies.runner import Runner
from app.watching.hub import Hub

from tests.chat_ui.conftest import DbApiServer
from tests.support.scripted_model import ScriptedModel


@dataclass
class Bench:
    """A runner, and a chat in which a message has just been sent and claimed for it."""

    runner: Runner
    chats: ChatsClient
    session: UUID
    claim: Claim

    async def wait_until_final(self) -> Message:
        for _ in range(200):
            page = await self.chats.messages(self.session, self.claim.chat_id)
            reply = page.items[-1]
            if reply.reply and reply.reply.final:
                return reply
            await asyncio.sleep(0.05)
        raise TimeoutError("the reply never ended")


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("it never came to that")


Try = Callable[[Bench], Coroutine[None, None, None]]


@pytest.fixture
def run(db_api: DbApiServer, model_url: str, secrets: Path) -> Callable[[Try], None]:
    """Runs a coroutine function on a fresh bench."""

    @asynccontextmanager
    async def set_up() -> AsyncIterator[Bench]:
        token = (secrets / "db-api" / "token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx.AsyncClient(base_url=db_api.url, headers=headers) as db_http,
            httpx.AsyncClient(base_url=model_url) as lm_http,
        ):
            api = DbApi(db_http)
            chats, replies = ChatsClient(api), RepliesClient(api, "bench")
            runner = Runner(replies, LanguageModel(lm_http, 0), Hub(chats), 100)
            session = (await SessionsClient(api).create()).id
            chat = await chats.create(session, "Ann", "Be brief.", "Hello.")
            sent = await chats.send(session, chat.id, "Hi", "key", "bench")
            assert sent.claim
            async with runner.run():
                yield Bench(runner, chats, session, sent.claim)

    def go(attempt: Try) -> None:
        async def whole() -> None:
            async with set_up() as bench:
                await attempt(bench)

        asyncio.run(whole())

    return go


def test_a_reply_claimed_again_by_its_own_runner_is_written_once(
    run: Callable[[Try], None], model: ScriptedModel
) -> None:
    async def attempt(bench: Bench) -> None:
        bench.runner.begin(bench.claim)
        bench.runner.begin(bench.claim)
        assert (await bench.wait_until_final()).content == model.text
        assert len(model.requests) == 1

    run(attempt)


def test_a_reply_stopped_before_its_first_breath_is_stopped(
    run: Callable[[Try], None], model: ScriptedModel
) -> None:
    async def attempt(bench: Bench) -> None:
        bench.runner.begin(bench.claim)
        bench.runner.stop(bench.claim.reply.id)
        reply = (await bench.wait_until_final()).reply
        assert reply
        assert reply.state == "stopped"

    run(attempt)


def test_a_runner_that_lost_its_reply_stops_writing_it(
    run: Callable[[Try], None], model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.hold_after = 1

    async def attempt(bench: Bench) -> None:
        bench.runner.begin(bench.claim)
        await until(lambda: model.running == 1)
        db_api.psql(
            "UPDATE replies SET worker = 'another', lease_until = now() + interval '1 hour'"
            f" WHERE message_id = '{bench.claim.reply.id}'"
        )
        await until(lambda: model.running == 0)
        page = await bench.chats.messages(bench.session, bench.claim.chat_id)
        assert page.items[-1].reply
        assert page.items[-1].reply.state == "running", "the other one's, untouched"

    run(attempt)
