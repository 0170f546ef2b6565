"""What keeps the event loop free, and how long it was not."""

import asyncio
import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

import pytest
from app.clients.types import Message, Reply
from app.event_loop_lag import EventLoopLag
from app.markdown import StreamingMarkdown, render
from app.render_thread import INLINE_CHARACTERS
from app.views import messages as views
from markupsafe import Markup


def test_of_a_page_only_the_short_messages_are_rendered_by_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_the_loop: list[int] = []

    def render_noting(text: str) -> Markup:
        if threading.current_thread() is threading.main_thread():
            by_the_loop.append(len(text))
        return render(text)

    monkeypatch.setattr(views, "render", render_noting)
    id, texts = uuid4(), [f"*{number}*" + " word" * (number * 7) for number in range(40)]
    message = Message(
        id=id, chat_id=id, parent_id=None, seq=1, role="assistant", content="",
        created_at=datetime.now(UTC), reply=Reply(id=id, state="complete"),
    )  # fmt: skip
    page = [message.model_copy(update={"content": text}) for text in texts]
    shown = asyncio.run(views.view_messages(page))
    assert [view.message.content for view in shown] == texts
    assert all(f"<em>{number}</em>" in view.html for number, view in enumerate(shown))
    assert 0 < sum(by_the_loop) <= INLINE_CHARACTERS
    by_the_loop.clear()
    asyncio.run(views.view_messages(page))
    assert sum(by_the_loop) == sum(map(len, texts)), "nothing is left to render"


@pytest.mark.parametrize("text", ["> *word* [\n" * 200, "word " * 500, "```c\n" + "x = 1;\n" * 500])
def test_a_growing_text_tells_beforehand_how_much_reading_it_may_parse(text: str) -> None:
    markdown = StreamingMarkdown()
    for start in range(0, len(text), 100):
        markdown.feed(text[start : start + 100])
        weight, work = markdown.weight, markdown.work
        assert markdown.open is not None
        assert markdown.work - work <= 3 * weight


def test_a_lag_of_the_loop_is_told_for_five_to_ten_seconds_and_a_long_one_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = worked = 0.0
    lag = EventLoopLag(2)
    told: list[tuple[float, float]] = []
    pauses = [(0.5, 0.125), (0.25, 0.25), *[(0.0, 0.0)] * 6]

    async def sleep(seconds: float) -> None:
        nonlocal now, worked
        told.append((lag.longest, lag.busiest))
        late, busy = pauses.pop(0)
        now, worked = now + seconds + late, worked + busy

    clock = SimpleNamespace(monotonic=lambda: now, thread_time=lambda: worked)
    monkeypatch.setattr("app.event_loop_lag.time", clock)
    monkeypatch.setattr("app.event_loop_lag.asyncio", SimpleNamespace(sleep=sleep))
    with pytest.raises(IndexError):
        asyncio.run(lag.measure())
    assert told == [(0, 0), (0.5, 0.125), *[(0.5, 0.25)] * 5, (0, 0), (0, 0)]
    assert len(caplog.records) == 1, "of the one that people notice"
