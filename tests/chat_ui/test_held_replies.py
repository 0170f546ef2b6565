"""Replies that have to fit a schema, where a runner writes them: they are stored when they are
whole."""

import json
from typing import Any

import pytest
from app.clients.queue_types import SamplingOptions
from app.replies.active_reply import Sampling

from tests.chat_ui.runners import Bench, bench, db_api, patience, until
from tests.chat_ui.support import DbApiServer, ScriptedModel
from tests.chat_ui.test_formats import CITY, DELTAS, city

__all__ = ["bench", "city", "db_api", "patience"]

pytestmark = pytest.mark.anyio

HELD = Sampling(0, 100, SamplingOptions(json_schema=json.dumps(CITY)))


def hold(bench: Bench, **changes: Any) -> None:
    """Has its reply fit the schema."""
    reply = bench.claim.reply.model_copy(update=changes)
    bench.claim = bench.claim.model_copy(update={"reply": reply, "sampling": HELD.options})


async def test_a_claim_after_a_death_begins_again_with_all_of_its_tokens(
    bench: Bench, model: ScriptedModel, city: str
) -> None:
    hold(bench, completion_tokens=HELD.reply_tokens)
    bench.begin()
    ended = await bench.ended()
    assert (ended.content, ended.reply.completion_tokens) == (city, len(DELTAS))
    assert model.requests[0]["max_tokens"] == HELD.reply_tokens


async def test_nothing_is_stored_before_it_is_whole(
    bench: Bench, model: ScriptedModel, city: str
) -> None:
    hold(bench)
    model.hold_after = len(DELTAS) - 1
    bench.begin()
    await until(lambda: bench.publisher.publish.called)
    texts = [
        step.text for call in bench.publisher.publish.call_args_list for step in call.args[1].steps
    ]
    assert "".join(texts) == ""
    model.go.set()
    assert (await bench.ended()).content == city


@pytest.mark.parametrize("tokens", [4, HELD.reply_tokens])
async def test_what_was_stored_whole_but_had_no_end_is_not_written_again(
    bench: Bench, model: ScriptedModel, db_api: DbApiServer, tokens: int
) -> None:
    hold(bench, completion_tokens=tokens)
    whole = '{"city": "Rome", "area": 1}'
    db_api.sql(f"UPDATE replies SET text = '{whole}' WHERE finished_at IS NULL")
    bench.begin(whole)
    ended = await bench.ended()
    assert (ended.content, ended.reply.state) == (whole, "complete")
    assert (ended.reply.error is not None) == (tokens == HELD.reply_tokens)
    assert model.requests == []
