"""Whatever dies or fails, the runner sees to it that a reply is written in the end, or given up."""

import os
from pathlib import Path

import pytest
from app.answering.refusals import NOTHING_FOUND, OTHER_WORDS
from app.clients.language_model import PROBE_SECONDS
from app.errors import LeaseLost, Unavailable
from app.replies.active_reply import ActiveReply
from app.replies.runner import LOOK_SECONDS
from app.replies.worker_locks import WorkerLocks
from starlette.responses import JSONResponse

from tests.chat_ui.runners import Bench, bench, db_api, patience, stored, until
from tests.chat_ui.support import Clients, DbApiServer, ScriptedModel

__all__ = ["bench", "db_api", "patience"]

pytestmark = pytest.mark.anyio


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


@pytest.mark.parametrize("due", [False, True])
async def test_progress_is_told_when_it_is_due_and_no_more_while_the_end_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, due: bool
) -> None:
    monkeypatch.setattr(ActiveReply, "is_due", lambda *_: due)
    bench.replies.faults["finish"] = [Unavailable(), Unavailable()]
    bench.begin()
    await bench.ended()
    calls = bench.replies.calls
    assert "progress" not in calls[calls.index("finish") if due else 0 :]


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
    said = f"{NOTHING_FOUND} {OTHER_WORDS}"
    assert (message.content, message.reply.state) == (said, "complete")
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


async def test_a_prompt_that_is_refused_but_not_for_its_length_is_not_shortened(
    bench: Bench, model: ScriptedModel
) -> None:
    model.answer = JSONResponse({"error": {"type": "invalid_request_error"}}, 400)
    bench.begin()
    assert (await bench.ended()).reply.error.kind == "model-refused"
    assert "shorten" not in bench.replies.calls
