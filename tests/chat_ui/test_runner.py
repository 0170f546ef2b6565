"""The runner by itself, where a browser could not bring about what must be tried."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from app.clients.base import DbApi
from app.clients.chats import ChatsClient
from app.clients.language_model import LanguageModel, Usage
from app.clients.messages import MessagesClient
from app.clients.replies import Batch, RepliesClient
from app.clients.service import connect
from app.clients.sessions import SessionsClient
from app.clients.types import Claim, Message, Progress, Reply
from app.replies.runner import Runner
from app.replies.writing import HEARTBEAT_SECONDS, STATUS_SECONDS, Outcome, Sampling, Writing
from app.watching.hub import Hub

from tests.chat_ui.conftest import DbApiServer
from tests.support.scripted_model import ScriptedModel

PATIENCE = 1.0  # seconds without an event
SAMPLING = Sampling(temperature=0, reply_tokens=100)


@dataclass
class Bench:
    """A runner, and a chat in which a message has just been sent and claimed for it."""

    runner: Runner
    hub: Hub
    messages: MessagesClient
    session: UUID
    claim: Claim

    async def wait_until_final(self) -> Message:
        for _ in range(200):
            page = await self.messages.read(self.session, self.claim.chat_id)
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
        async with connect(db_api.url, token) as database, connect(model_url, "") as lm_api:
            api = DbApi(database)
            chats, messages = ChatsClient(api), MessagesClient(api, api)
            hub = Hub(messages)
            model = LanguageModel(lm_api, PATIENCE)
            runner = Runner(RepliesClient(api, "bench"), model, hub, SAMPLING)
            session = (await SessionsClient(api).create("Ann")).id
            chat = await chats.create(session, "Ann", "Be brief.", "Hello.")
            sent = await messages.send(session, chat.id, "Hi", "key", "bench")
            assert sent.claim
            async with runner.run():
                yield Bench(runner, hub, messages, session, sent.claim)

    def go(attempt: Try) -> None:
        async def whole() -> None:
            async with set_up() as bench:
                await attempt(bench)

        asyncio.run(whole())

    return go


def test_what_watchers_see_is_what_db_api_has_confirmed() -> None:
    writing = Writing(make_claim(), SAMPLING)
    writing.write("one")
    assert writing.growth().text == ""
    batch = writing.take_batch()
    writing.write(" two")  # comes while the batch is on its way
    writing.settle(confirm(batch, length=3))
    assert (writing.growth().text, writing.text) == ("one", "one two")


def test_a_batch_whose_answer_got_lost_is_not_stored_twice() -> None:
    writing = Writing(make_claim(), SAMPLING)
    writing.write("one")
    writing.take_batch()  # stored, but nobody heard
    writing.write(" two")
    again = writing.take_batch()
    writing.settle(confirm(again, length=3))
    assert (writing.stored, writing.pending) == ("one", " two")


@pytest.mark.parametrize(
    ("deltas", "first"),
    [
        (["The", " sea"], [True, False]),
        (["13", ".", " Na", "me"], [True, True, True, False]),
        (["1"] * 22, [True] * 20 + [False] * 2),
    ],
)
def test_what_comes_is_urgent_until_there_is_a_word(deltas: list[str], first: list[bool]) -> None:
    writing = Writing(make_claim(), SAMPLING)
    assert [writing.write(delta) for delta in deltas] == first


def test_a_mere_status_waits_until_the_first_word_may_have_come_and_text_never_waits() -> None:
    writing = Writing(make_claim(), SAMPLING)
    began = writing.told_at
    writing.read(3, 30)
    assert not writing.is_due(began + STATUS_SECONDS / 2)
    assert writing.is_due(began + STATUS_SECONDS + 0.01)
    writing.write("one")
    assert writing.is_due(began)
    writing.settle(confirm(writing.take_batch(), length=3))
    assert not writing.is_due(writing.told_at + STATUS_SECONDS + 0.01), "nothing is new"
    assert writing.is_due(writing.told_at + HEARTBEAT_SECONDS + 0.01), "the lease"


def make_claim() -> Claim:
    reply = Reply(id=uuid4(), state="running")
    return Claim(reply=reply, chat_id=uuid4(), worker="w", text="", prompt=[], attempts=0)


def confirm(batch: Batch, length: int) -> Progress:
    return Progress(id=batch.id, held=True, stop_requested=False, length=length)


def test_a_reply_claimed_again_by_its_own_runner_is_written_once(
    run: Callable[[Try], None], model: ScriptedModel
) -> None:
    async def attempt(bench: Bench) -> None:
        bench.runner.begin(bench.claim)
        bench.runner.begin(bench.claim)
        assert (await bench.wait_until_final()).content == model.text
        assert len(model.requests) == 1

    run(attempt)


def test_a_claim_that_is_late_disturbs_nothing(
    run: Callable[[Try], None], model: ScriptedModel, db_api: DbApiServer
) -> None:
    """Sent twice: the second answer brings the claim as it was before the first words."""
    model.text, model.hold_after = "one two three", 2

    async def attempt(bench: Bench) -> None:
        bench.runner.begin(bench.claim)
        await until(lambda: stored(db_api, bench.claim.reply.id) == "one two")
        bench.runner.begin(bench.claim)
        model.go.set()
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
            "UPDATE replies SET worker = 'another', lease_until = now() + interval '9 seconds'"
            f" WHERE message_id = '{bench.claim.reply.id}'"
        )
        await until(lambda: model.running == 0)
        page = await bench.messages.read(bench.session, bench.claim.chat_id)
        assert page.items[-1].reply
        assert page.items[-1].reply.state == "running", "the other one's, untouched"

    run(attempt)


def test_a_reply_that_another_copy_went_on_with_is_begun_anew_from_there(
    run: Callable[[Try], None], model: ScriptedModel, db_api: DbApiServer
) -> None:
    """This copy slept for longer than its lease, and claims the reply before it hears of that."""
    model.text, model.hold_after = "one two three", 2

    async def attempt(bench: Bench) -> None:
        reply = bench.claim.reply.id
        bench.runner.begin(bench.claim)
        await until(lambda: stored(db_api, reply) == "one two")
        db_api.psql(f"UPDATE replies SET text = 'one 2nd' WHERE message_id = '{reply}'")
        bench.runner.begin(bench.claim.model_copy(update={"text": "one 2nd"}))
        model.go.set()
        assert (await bench.wait_until_final()).content == "one 2nd three"
        assert model.requests[-1]["messages"][-1]["content"] == "one 2nd", "what it goes on from"

    run(attempt)


def stored(db_api: DbApiServer, reply: UUID) -> str:
    return db_api.psql(f"SELECT text FROM replies WHERE message_id = '{reply}'")


def test_no_more_is_shown_than_is_stored_when_somebody_else_ended_it(
    run: Callable[[Try], None], model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.text, model.hold_after = "one two three", 1

    async def attempt(bench: Bench) -> None:
        reply = bench.claim.reply.id
        feed = await bench.hub.join(bench.session, bench.claim.chat_id, 0)
        bench.runner.begin(bench.claim)
        await until(lambda: stored(db_api, reply) == "one")
        async with bench.runner._storing:  # this copy sleeps
            db_api.psql(f"SELECT close_reply('{reply}', 'stopped', NULL)")
            model.go.set()
            await until(lambda: model.running == 0)
        await until(lambda: not feed.items[reply].unfinished)
        assert feed.items[reply].text == "one"
        bench.hub.leave(feed)

    run(attempt)


def test_a_model_that_only_shows_signs_of_life_is_given_up(
    run: Callable[[Try], None], model: ScriptedModel
) -> None:
    model.pinging = True

    async def attempt(bench: Bench) -> None:
        bench.runner.begin(bench.claim)
        reply = (await bench.wait_until_final()).reply
        assert reply
        assert (reply.state, reply.error) == ("failed", "model-broke")
        await until(lambda: model.running == 0)

    run(attempt)


def test_tokens_and_time_add_up_over_all_who_wrote_a_reply() -> None:
    claim = make_claim()
    before = {"completion_tokens": 40, "first_token_ms": 80, "total_ms": 2000}
    reply = claim.reply.model_copy(update=before)
    writing = Writing(claim.model_copy(update={"reply": reply}), SAMPLING)
    writing.write("one")
    writing.count(Usage(prompt_tokens=140, completion_tokens=10), before=40)
    ending = writing.end(Outcome("complete"))
    assert (ending.prompt_tokens, ending.completion_tokens) == (100, 50)
    assert ending.first_token_ms == 80
    assert ending.total_ms is not None
    assert 2000 <= ending.total_ms < 3000


def test_the_time_a_model_was_away_is_not_the_replys() -> None:
    writing = Writing(make_claim(), SAMPLING)
    writing.wait()
    time.sleep(0.3)
    assert writing.elapsed_ms < 200
    writing.write("one")
    assert writing.elapsed_ms < 200
