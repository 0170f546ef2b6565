"""The runner by itself, where a browser could not bring about what must be tried."""

import pytest
from app.clients.prompt_types import TextPart
from app.errors import LeaseLost

from tests.chat_ui.runners import SAMPLING, Bench, bench, db_api, patience, stored, until
from tests.chat_ui.support import DbApiServer, ScriptedModel

__all__ = ["bench", "db_api", "patience"]

pytestmark = pytest.mark.anyio


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


async def test_a_long_prompt_lets_a_short_one_be_read_and_is_read_after_it(
    bench: Bench, model: ScriptedModel
) -> None:
    model.silent_to = "word " * 10_000
    (asked,) = bench.claim.prompt[-1:]
    long = asked.model_copy(update={"parts": [TextPart(text=model.silent_to)]})
    bench.claim = bench.claim.model_copy(update={"prompt": [long]})
    bench.begin()
    await until(lambda: len(model.requests) == 1)
    async with bench.readers.read(10):
        pass
    await until(lambda: len(model.requests) == 2)
    model.speak.set()
    assert (await bench.ended()).content == model.text


async def test_a_reply_stopped_before_its_first_breath_is_stopped(bench: Bench) -> None:
    bench.begin()
    bench.runner.stop(bench.claim.reply.id)
    assert (await bench.ended()).reply.state == "stopped"


async def test_a_reply_that_has_all_its_tokens_gets_none_more(
    bench: Bench, model: ScriptedModel
) -> None:
    """One that was interrupted between its last word and its end."""
    reply = bench.claim.reply.model_copy(update={"completion_tokens": SAMPLING.reply_tokens})
    bench.claim = bench.claim.model_copy(update={"reply": reply})
    bench.begin()
    ended = await bench.ended()
    assert (ended.reply.state, ended.reply.error.kind) == ("complete", "reply-limit")
    assert model.requests == []


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
