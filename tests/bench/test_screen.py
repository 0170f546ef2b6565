"""The steps from Enter to the first word are read from Chromium's trace in their order."""

from typing import Any

import pytest

from bench.screen import STEPS, read_steps


def event(ts: int, name: str, **data: str) -> dict[str, Any]:
    return {"ts": ts, "name": name, "args": {"data": data}}


TRACE = [
    event(9_000, "ResourceReceiveResponse"),  # of an earlier request
    event(10_000, "EventDispatch", type="keydown"),
    event(11_000, "ResourceSendRequest", url="http://localhost/generate/1"),
    event(14_000, "ResourceReceiveResponse"),
    event(16_000, "ResourceSendRequest", url="http://localhost/chats/1/events?since=1"),
    event(17_000, "ResourceReceiveResponse"),
    {"ts": 20_000, "name": "first word in the page"},
    event(21_500, "Paint"),
    {"ts": 22_000, "name": "first word painted"},
    {"name": "thread_name"},
]


def test_each_step_is_told_in_milliseconds_from_the_key() -> None:
    steps = dict(read_steps(TRACE[::-1]))
    assert list(steps) == [name for name, _ in STEPS]
    assert list(steps.values()) == [0, 1, 4, 6, 7, 10, 11.5, 12]


def test_a_step_that_is_missing_is_named() -> None:
    with pytest.raises(LookupError, match="the stream is asked for"):
        list(read_steps([e for e in TRACE if e.get("ts") != 16_000]))
