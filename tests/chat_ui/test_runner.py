"""The runner by itself, where a browser could not bring about what must be tried."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import pytest
from app.answering.exact import BestSentence
from app.answering.refusals import NOTHING_FOUND
from app.clients.base import DbApi
from app.clients.embedder import Embedder
from app.clients.language_model import PROBE_SECONDS, READ_SECONDS, LanguageModel
from app.clients.queue import QueueClient
from app.clients.queue_types import Claim, Step
from app.clients.service import connect
from app.clients.slots import SlotsClient
from app.errors import LeaseLost, Unavailable
from app.replies.active_reply import Sampling
from app.replies.prompt_cache import PromptCache
from app.replies.publisher import Publisher
from app.replies.runner import LOOK_SECONDS, Runner
from app.replies.worker_locks import WorkerLocks

from tests.chat_ui.support import (
    Clients,
    DbApiServer,
    ModelServer,
    ScriptedModel,
    StartDbApi,
    wait_until,
)

pytestmark = pytest.mark.anyio

SAMPLING = Sampling(temperature=0, reply_tokens=100)


@pytest.fixture(scope="module")
def db_api(start_db_api: StartDbApi) -> DbApiServer:
    """Of these runners alone."""
    return start_db_api()


class Faulty:
    """db-api's replies; a call fails as long as `faults` plans one for it."""

    worker = "bench"

    def __init__(self, api: DbApi) -> None:
        self.faults: dict[str, list[Exception]] = {}
        self._replies = QueueClient(api, self.worker)

    def __getattr__(self, call: str) -> Any:
        def pass_on(*given: Any, **more: Any) -> Any:
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
        prompts, locks = PromptCache(SlotsClient(lm_api)), WorkerLocks(tmp_path, replies.worker)
        queue = cast("QueueClient", replies)
        embedder = Embedder(None)
        runner = Runner(
            queue, language_model, prompts, embedder, BestSentence(), publisher, SAMPLING, locks
        )
        async with runner.run():
            read = partial(clients.messages.read, session, chat)
            yield Bench(runner, replies, sent.claim, read, publisher)
            model.go.set()


async def until(is_so: Callable[[], object]) -> None:
    await asyncio.to_thread(wait_until, is_so)


def stored(db_api: DbApiServer, bench: Bench) -> Any:
    return db_api.sql(f"SELECT text FROM replies WHERE message_id = '{bench.claim.reply.id}'")


async def test_a_claim_that_comes_when_its_reply_has_ended_begins_nothing(
    bench: Bench, model: ScriptedModel
) -> None:
    bench.begin()
    await bench.ended()
    await until(lambda: bench.publisher.detach_writer.called)
    bench.begin()
    assert bench.publisher.attach_writer.call_count == 1
    assert len(model.requests) == 1


async def test_a_reply_claimed_again_by_its_own_runner_is_written_once(
    bench: Bench, model: ScriptedModel, db_api: DbApiServer
) -> None:
    """Before its first word, and again after some: that claim is late."""
    model.text, model.hold_after = "one two three", 2
    for _ in range(2):
        bench.begin()
    await until(lambda: stored(db_api, bench) == "one two")
    bench.begin()
    model.go.set()
    assert (await bench.ended()).content == model.text
    assert len(model.requests) == 1
    await until(lambda: bench.publisher.detach_writer.called)
    bench.publisher.attach_writer.assert_called_once()


async def test_a_reply_stopped_before_its_first_breath_is_stopped(bench: Bench) -> None:
    bench.begin()
    bench.runner.stop(bench.claim.reply.id)
    assert (await bench.ended()).reply.state == "stopped"


@pytest.mark.parametrize("at_its_end", [False, True])
async def test_a_runner_that_lost_its_reply_lets_go_of_it(
    bench: Bench, model: ScriptedModel, db_api: DbApiServer, at_its_end: bool
) -> None:
    model.hold_after, reply = 1, f"WHERE message_id = '{bench.claim.reply.id}'"
    refusal = bench.replies.faults["finish"] = [LeaseLost()]
    bench.begin()
    await until(lambda: model.running == 1)
    async with bench.runner._storing:
        db_api.sql(f"UPDATE replies SET worker = 'another', lease_until = new_lease() {reply}")
        if at_its_end:
            model.go.set()
            await until(lambda: model.running == 0)
    await until(lambda: bench.publisher.detach_writer.called and model.running == 0)
    assert db_api.sql(f"SELECT state FROM replies {reply}") == "running", "untouched"
    assert refusal or at_its_end, "it doesn't even try to finish what is another's"
    db_api.sql(f"DELETE FROM replies {reply}")


async def test_a_reply_that_another_copy_continued_is_begun_anew_from_there(
    bench: Bench, model: ScriptedModel, db_api: DbApiServer
) -> None:
    """This copy slept for longer than its lease, and claims the reply before it hears of that."""
    model.text, model.hold_after = "one two three", 2
    bench.begin()
    await until(lambda: stored(db_api, bench) == "one two")
    db_api.sql("UPDATE replies SET text = 'one 2nd' WHERE finished_at IS NULL")
    model.hold_after = 0
    bench.begin("one 2nd")
    await until(lambda: len(model.requests) == 2 and model.running == 1)
    model.go.set()
    assert (await bench.ended()).content == "one 2nd three"
    assert model.requests[-1]["messages"][-1]["content"] == "one 2nd", "what it continues"


async def test_no_more_is_shown_than_is_stored_when_somebody_else_ended_it(
    bench: Bench, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.text, model.hold_after = "one two three", 1
    bench.begin()
    await until(lambda: stored(db_api, bench) == "one")
    async with bench.runner._storing:  # this copy sleeps
        db_api.sql(f"SELECT close_reply('{bench.claim.reply.id}', 'stopped', NULL)")
        model.go.set()
        await until(lambda: model.running == 0)
    await until(lambda: bench.publisher.detach_writer.called)
    assert [step.text for step in bench.publisher.publish.call_args.args[1].steps] == ["one"]


async def test_what_is_told_late_of_a_reply_that_has_ended_is_not_shown(
    bench: Bench, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.hold_after = 1
    bench.begin()
    await until(lambda: stored(db_api, bench))
    active = bench.runner._active.pop(bench.claim.reply.id)
    shown = bench.publisher.publish.call_count
    await bench.runner._store([active])
    assert bench.publisher.publish.call_count == shown
    bench.runner._active[active.id] = active
    model.go.set()
    await bench.ended()


async def test_what_a_dead_runner_held_is_continued_and_what_a_living_one_holds_is_not(
    bench: Bench, clients: Clients, model: ScriptedModel, db_api: DbApiServer, tmp_path: Path
) -> None:
    """Both leases are renewed all the time, so they are not what tells the two apart."""
    bench.begin()
    held = {}
    for worker in ("dead", "living"):
        chat = await clients.open_chat()
        held[worker] = await clients.messages.send(clients.session, chat, "Hi", worker, worker)
    living = WorkerLocks(tmp_path, "living")
    living.take()
    bench.replies.faults["release"] = [Unavailable()]
    (tmp_path / "dead").touch()  # as it is left without its lock
    renew = "UPDATE replies SET lease_until = new_lease() WHERE worker IN ('dead', 'living')"
    state = "SELECT state FROM replies WHERE message_id = '{}'"

    def is_complete() -> bool:
        db_api.sql(renew)
        return bool(db_api.sql(state.format(held["dead"].reply.id)) == "complete")

    await until(is_complete)
    assert db_api.sql(state.format(held["living"].reply.id)) == "running"
    living.leave(empty_handed=True)
    assert os.listdir(tmp_path) == [bench.replies.worker]
    db_api.sql("DELETE FROM replies WHERE finished_at IS NULL AND worker = 'living'")


async def test_when_the_model_s_server_dies_the_queue_decides_who_continues(
    bench: Bench, model: ScriptedModel, db_api: DbApiServer
) -> None:
    """All that was written is stored before, and nobody is claimed until the server is back."""
    model.text, model.break_after = "one two three", 2
    model.well.clear()
    bench.replies.faults["progress"] = [Unavailable()]
    bench.replies.faults["release"] = [Unavailable()]
    bench.begin()
    state = f"state || text || attempts FROM replies WHERE message_id = '{bench.claim.reply.id}'"
    await until(lambda: db_api.sql(f"SELECT {state}") == "queuedone two0")
    await until(lambda: model.probes > 2 * LOOK_SECONDS / PROBE_SECONDS)
    assert (db_api.sql(f"SELECT {state}"), len(model.requests)) == ("queuedone two0", 1)
    model.well.set()
    assert (await bench.ended()).content == model.text


async def test_a_reply_stopped_as_the_model_s_server_dies_is_stopped(
    bench: Bench, model: ScriptedModel, db_api: DbApiServer
) -> None:
    """Not only once it is back."""
    model.text, model.break_after, model.hold_after = "one two three", 2, 1
    model.well.clear()
    bench.begin()
    await until(lambda: stored(db_api, bench) == "one")
    db_api.sql("UPDATE replies SET stop_requested = true WHERE finished_at IS NULL")
    async with bench.runner._storing:
        model.go.set()
        await until(lambda: model.running == 0)
    message = await bench.ended()
    assert (message.reply.state, message.content) == ("stopped", "one two")
    model.well.set()


@pytest.mark.parametrize("fault", [Unavailable(), LeaseLost(), RuntimeError("unforeseen")])
@pytest.mark.parametrize("call", ["claim", "progress", "finish"])
async def test_whatever_fails_once_the_reply_is_written_in_the_end(
    bench: Bench, model: ScriptedModel, db_api: DbApiServer, call: str, fault: Exception
) -> None:
    model.hold_after = None if call == "finish" else 1
    faults = bench.replies.faults[call] = [fault]
    bench.begin()
    await until(lambda: not faults)
    model.go.set()
    if given_up := call == "finish" and isinstance(fault, RuntimeError):
        await until(lambda: bench.publisher.detach_writer.called)
        db_api.sql("UPDATE replies SET lease_until = now() WHERE finished_at IS NULL")
    assert (await bench.ended()).content == model.text
    if call == "finish":
        assert len(model.requests) == (2 if given_up else 1)


@pytest.mark.parametrize("written", ["", NOTHING_FOUND[:9], NOTHING_FOUND])
@pytest.mark.parametrize("fault", [Unavailable(), LeaseLost()])
async def test_a_search_that_fails_is_repeated_and_what_it_did_not_find_is_said_once(
    bench: Bench, model: ScriptedModel, db_api: DbApiServer, fault: Exception, written: str
) -> None:
    """Also by the successor of a runner that died when it had said a part of it, or all."""
    reply = bench.claim.reply
    db_api.sql(
        f"UPDATE replies SET mode = 'documents', text = '{written}' WHERE message_id = '{reply.id}'"
    )
    changed = {"reply": reply.model_copy(update={"mode": "documents"})}
    bench.claim = bench.claim.model_copy(update=changed)
    faults = bench.replies.faults["find_passages"] = [fault]
    bench.begin(*[written] if written else [])
    message = await bench.ended()
    assert (message.content, message.reply.state) == (NOTHING_FOUND, "complete")
    assert (message.reply.found, faults, model.requests) == (False, [], [])


@pytest.mark.parametrize("patience", [0.5])
@pytest.mark.parametrize(
    ("pinging", "faults", "kind"),
    [
        (True, [], "model-broke"),  # only signs of life
        (False, [Unavailable()], "prompt-too-long"),  # it is tried again, and can't be shortened
        (False, [RuntimeError()], "model-broke"),
    ],
)
async def test_a_model_that_brings_nothing_is_given_up(
    bench: Bench, model: ScriptedModel, pinging: bool, faults: list[Exception], kind: str
) -> None:
    model.pinging, model.context = pinging, None if pinging else 1
    bench.replies.faults["shorten"] = faults
    bench.begin()
    reply = (await bench.ended()).reply
    assert (reply.state, reply.error.kind) == ("failed", kind)
    assert (reply.error.size is None) == (kind != "prompt-too-long")
    await until(lambda: model.running == 0)
