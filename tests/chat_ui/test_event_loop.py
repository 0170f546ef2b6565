"""Nothing keeps the event loop: what is long is left to a thread, and no text is much work.

Work is counted, not timed."""

import asyncio
import re
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate, count
from time import thread_time
from types import SimpleNamespace
from unittest.mock import AsyncMock
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import pytest
import uvicorn
from app.clients.types import Message, Reply
from app.event_loop_lag import IDLE_SECONDS, INTERVAL_SECONDS, EventLoopLag
from app.forms import parse_urlencoded
from app.markdown import StreamingMarkdown, code, render, unfinished
from app.markdown.code import highlight
from app.markdown.unfinished import settle
from app.render_thread import INLINE_CHARACTERS
from app.serve import Server
from app.views import messages as views
from markupsafe import Markup

from tests.chat_ui.safe_html import check
from tests.chat_ui.support import replace_within


@pytest.mark.anyio
async def test_of_a_page_only_the_short_messages_are_rendered_by_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by: dict[threading.Thread, int] = defaultdict(int)

    def render_noting(text: str, name: str) -> Markup:
        by[threading.current_thread()] += len(text)
        return render(text, name)

    monkeypatch.setattr(views, "render", render_noting)
    id, texts = uuid4(), [f"*{number}*" + " word" * (number * 7) for number in range(40)]
    message = Message(
        id=id, chat_id=id, parent_id=None, seq=1, role="assistant", content="",
        created_at=datetime.now(UTC), reply=Reply(id=id, state="complete"),
    )  # fmt: skip
    page = [message.model_copy(update={"content": text}) for text in texts]
    shown = await views.view_messages(page)
    assert [view.message.content for view in shown] == texts
    assert all(f"<em>{number}</em>" in view.html for number, view in enumerate(shown))
    assert 0 < by.pop(threading.current_thread()) <= INLINE_CHARACTERS
    await views.view_messages(page)
    assert by[threading.current_thread()] == sum(map(len, texts)), "nothing is left to render"


@pytest.mark.parametrize("text", ["> *word* [\n" * 200, "word " * 500, "```c\n" + "x = 1;\n" * 500])
def test_a_growing_text_tells_beforehand_how_much_reading_it_may_parse(text: str) -> None:
    markdown = StreamingMarkdown()
    for start in range(0, len(text), 100):
        markdown.feed(text[start : start + 100])
        weight, work = markdown.weight, markdown.work
        assert markdown.open is not None
        assert markdown.work - work <= 3 * weight


def test_a_lag_of_the_loop_is_told_for_five_to_ten_seconds_and_a_long_one_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lag, began, told = EventLoopLag(0, bool), time.monotonic(), []
    for after, late, busy in ((1, 0.5, 0.125), (2, 0.25, 0.25), (6, 0, 0), (10, 0, 0), (12, 0, 0)):
        lag.note(began + after, late, busy)
        told.append((lag.longest, lag.busiest))
    assert told == [(0.5, 0.125), (0.5, 0.25), (0.5, 0.25), (0.5, 0.25), (0, 0)]
    assert len(caplog.records) == 1, "of the one that people notice"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "idle", "interval"),
    [(0, True, IDLE_SECONDS), (0, False, INTERVAL_SECONDS), (0.005, True, 0.005)],
)
async def test_with_nobody_there_the_loop_is_looked_at_seldom_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, given: float, idle: bool, interval: float
) -> None:
    class Slept(Exception):
        pass

    async def sleep(seconds: float) -> None:
        raise Slept(seconds)

    replace_within(monkeypatch, "app.event_loop_lag", asyncio, sleep=sleep)
    with pytest.raises(Slept) as slept:
        await EventLoopLag(given, lambda: idle).measure()
    assert slept.value.args == (interval,)


@pytest.mark.anyio
async def test_the_server_rests_and_yet_hears_a_signal_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.serve.TICK_SECONDS", 3600)
    server = Server(uvicorn.Config("none"))
    monkeypatch.setattr(
        server, "on_tick", ticks := AsyncMock(side_effect=lambda _: server.should_exit)
    )
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(server.main_loop())
        await asyncio.sleep(0)
        server.handle_exit(signal.SIGTERM, None)
    assert [call.args for call in ticks.await_args_list] == [(0,), (10,)]


N = 8_192
PATHOLOGICAL = {
    "one word": "a" * N,
    "spaces": " " * N + "a",
    "brackets": "[" * N,
    "closed brackets": "[" * (N // 2) + "]" * (N // 2),
    "links": "[a](" * (N // 4),
    "images": "![a](" * (N // 5),
    "nested images": "![" * 1_300 + "](b)" * 1_300,
    "emphasis": "*a **b " * (N // 7),
    "mixed emphasis": "*a _b **c x_ " * (N // 13),
    "deep emphasis": "**" * 2_000 + "a" + "**" * 2_000,
    "backticks": " ".join("`" * size for size in range(1, 128)),
    "quotes": "> " * (N // 2),
    "quote lines": "\n".join(">" * size + "a" for size in range(250)),
    "lazy quote": ">" * 500 + "a\n" * 4_000,
    "lists": "- " * (N // 2),
    "list lines": "- a\n" * (N // 4),
    "nested lists": "\n".join("  " * size + "- a" for size in range(180)),
    "lines": "a\n" * (N // 2),
    "cells": "|a" * 2_000 + "|\n" + "|-" * 2_000 + "|\n",
    "empty cells": "|a" * 100 + "|\n" + "|-" * 100 + "|\n" + "|\n" * 10_000,
    "angles": "<a" * (N // 2),
    "entities": "&#" * (N // 2),
    "dollars": "$a" * (N // 2),
    "double dollars": "$$a " * (N // 4),
    "only dollars": "$" * N,
    "formulas": "".join(f"$x_{{{number}}}$ " for number in range(900)),
    "open parentheses": r"\(a" * (N // 3),
    "open brackets": "\\[\n" * (N // 3),
    "fences": "```\n" * (N // 4),
    "fences with code": "```py\nx\n```\n" * (N // 12),
    "code made for a lexer": "```c\ndef " + "\n" * 6_000,
    "backslashes": "\\" * N,
    "everything": "**`$[<&\\(![~~_" * (N // 14),
}


def count_calls(work: Callable[[], object]) -> int:
    """How many functions are called, Python's own included."""
    calls = count()
    sys.setprofile(lambda *_: next(calls))
    try:
        work()
    finally:
        sys.setprofile(None)
    return next(calls)


@pytest.mark.parametrize(
    "text", [b"%41" * 43_000, "語".encode() * 43_000, b"\\" * 130_000, b"%zz" * 900]
)
def test_decoding_a_form_is_a_few_calls_however_long_it_is(text: bytes) -> None:
    """Python's own libraries make one for each code, or several."""
    assert count_calls(lambda: parse_urlencoded(b"prompt=" + text)) < 100
    assert parse_urlencoded(b"prompt=" + text)["prompt"] == unquote_to_bytes(text).decode()


@pytest.mark.parametrize("text", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
def test_no_text_keeps_the_server_busy(text: str) -> None:
    """The most, 550 calls for a character, are those of lines that continue a nested quote."""
    assert count_calls(lambda: render(text)) < 700 * len(text)
    check(render(text))


@pytest.mark.parametrize("mark", [r"\(a", "\\[\n"])
def test_looking_for_the_end_of_a_formula_costs_no_more_in_a_longer_text(mark: str) -> None:
    """A pattern's work can't be counted, so it is compared: twice as long a text may take twice as
    long, on any machine, but not four times."""

    def measure(size: int) -> float:
        text = f"{size} {mark * (size // len(mark))}"  # never the same, or it would be cached
        began = thread_time()
        render(text)
        return thread_time() - began

    ratios = [measure(24_000 + attempt) / measure(12_000 + attempt) for attempt in range(3)]
    assert sorted(ratios)[1] < 3


def test_a_table_of_missing_cells_ends_before_it_fills_the_memory() -> None:
    assert render(PATHOLOGICAL["empty cells"]).count("<td") <= 2_200


@pytest.mark.parametrize("mark", ["> ", "- ", "1. ", ">", "* > "])
@pytest.mark.parametrize("depth", [5, 30, 10_000])
def test_deep_nesting_is_bounded_and_loses_no_text(mark: str, depth: int) -> None:
    html = render(mark * depth + "end")
    assert "end" in html
    assert html.count("<blockquote") + html.count("<li") <= 20


@pytest.mark.parametrize("mark", ["**", "*a _b ", "[", "![", "~~"])
def test_marks_within_marks_are_bounded(mark: str) -> None:
    html = render(mark * 2_000 + "end" + "".join(reversed(mark)) * 2_000)
    assert "end" in html
    depths = accumulate(-1 if piece.startswith("/") else 1 for piece in html.split("<"))
    assert max(depths) < 40


@pytest.mark.parametrize(
    "text",
    ["x = 1\n" * 4_000, "a" * 1_500, "def f\n" + "\n" * 5_000, "def f\n" + " " * 5_000],
    ids=["long", "one line", "empty lines", "spaces"],
)
def test_code_that_does_not_look_like_code_is_left_to_no_lexer(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "get_lexer_by_name", None)
    assert "<span" not in highlight(text, "c")


def test_code_that_takes_a_lexer_too_long_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "SECONDS_LIMIT", -1)
    assert highlight("return 20261", "python") == "return 20261"


@pytest.mark.parametrize(
    "mark", ["[", "$a ", "`", "*a ", "**a", "<a", r"\(a", r"\[", "![a](", "_a *b", "[a [b](c"]
)
def test_settling_hostile_text_is_little_work(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def look(pattern: re.Pattern[str], text: str, start: int, end: int = sys.maxsize) -> object:
        looked.append(min(end, len(text)) - start)
        return pattern.match(text, start, end)

    for name in ("_MATH", "_LINK", "_AUTO"):
        pattern = SimpleNamespace(match=partial(look, getattr(unfinished, name)))
        monkeypatch.setattr(unfinished, name, pattern)
    for text in (mark * 5_000, mark * 2_500 + "x_ " * 2_500):
        assert count_calls(partial(settle, text)) < 60 * 5_000, "for each mark"
        assert len(settle(text)) - len(text) <= (2_500 if mark == "`" else 60), "what it closes"
    assert max(looked, default=0) <= 2_000, "from each mark"
