"""However many watch, and whatever is written: it is rendered once, and everybody gets a turn."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import Mock

import pytest
from app.clients.types import Reply
from app.clients.updates import ReplyUpdate
from app.markdown import StreamingMarkdown
from app.render_thread import INLINE_CHARACTERS
from app.templating import Templates
from app.watching.events import stream_events
from app.watching.feed import Feed
from app.watching.hub import Hub
from app.watching.notifier import AT_ONCE, Notifier
from markupsafe import escape

from tests.chat_ui.feeds import CHAT, OWNER, REPLY, SENT, connect, grown, patient, templates, told

__all__ = ["patient", "templates"]

pytestmark = pytest.mark.anyio
LONG = "> *word* [\n" * INLINE_CHARACTERS


@asynccontextmanager
async def watching(
    templates: Templates, many: int = 1
) -> AsyncIterator[tuple[Hub, Feed, list[list[str]]]]:
    """A reply that the runner here has just begun, and what each of those who watch it is told, up
    to the end if that is waited for."""
    hub, _ = connect(told(idle=True))
    hub.attach_writer(CHAT, grown(""))
    hub.expect(OWNER, CHAT, SENT)
    feed, *_ = [await hub.join(OWNER, CHAT, 0) for _ in range(many)]
    crowd: list[list[str]] = [[] for _ in range(many)]

    async def listen(heard: list[str]) -> None:
        events = stream_events(hub, feed, 0, None, templates)
        heard.extend([event.decode() async for event in events])

    tasks = [asyncio.create_task(listen(heard)) for heard in crowd]
    await asyncio.sleep(0)
    yield hub, feed, crowd
    await asyncio.wait_for(asyncio.gather(*tasks), 60)


async def show(feed: Feed, text: str) -> None:
    """Until this is what is shown of the reply."""
    while (snapshot := feed.snapshot).messages[REPLY].text != text:
        await feed.wait(snapshot, 60)


@pytest.mark.parametrize("many", [2, 300])
async def test_a_crowd_is_told_the_same_and_it_is_rendered_once(
    templates: Templates, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = Mock(wraps=templates.render)
    monkeypatch.setattr(templates, "render", render)
    async with watching(templates, many) as (hub, feed, crowd):
        for text in ("one", "one *two*"):
            hub.publish(CHAT, grown(text))
            assert feed.snapshot.messages[REPLY].text == text
            for _ in range(many):  # far more than it takes for all to be told
                await asyncio.sleep(0)
        hub.publish(CHAT, grown("one *two*", "complete"))
    assert all(heard == crowd[0] for heard in crowd)
    assert crowd[0][-1].startswith("event: end\n")
    assert "<em>two</em>" in "".join(crowd[0])
    assert render.call_count <= 6


async def test_a_crowd_is_woken_in_portions_and_nobody_waits_behind_it() -> None:
    notifier, woken = Notifier(), [0]
    *crowd, alone = [asyncio.get_running_loop().create_future() for _ in range(10 * AT_ONCE + 1)]
    notifier.notify(crowd)
    notifier.notify([alone])
    while not all(waiting.done() for waiting in crowd):
        await asyncio.sleep(0)
        woken.append(sum(waiting.done() for waiting in crowd))
        assert woken[-1] - woken[-2] <= AT_ONCE
        assert alone.done() or woken[-1] <= AT_ONCE


async def test_who_reads_slowly_is_told_the_newest_and_nothing_is_kept_for_them(
    templates: Templates,
) -> None:
    async with watching(templates) as (hub, feed, _):
        events = stream_events(hub, feed, 0, None, templates)
        for _ in range(2):
            await anext(events)
        for number in range(100):
            hub.publish(CHAT, grown("one " * number))
        newest = await anext(events)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(events), 0.05)
        hub.publish(CHAT, grown("one " * 99, "complete"))
    assert newest.count(b"event: ") == 1
    assert newest.count(b"one") > 90


async def test_what_is_long_to_render_is_left_to_a_thread_and_told_before_the_end(
    templates: Templates,
) -> None:
    async with watching(templates) as (hub, feed, crowd):
        hub.publish(CHAT, grown("> *word"))
        assert feed.snapshot.messages[REPLY].text == "> *word", "at once"
        snapshot = feed.snapshot
        hub.publish(CHAT, grown(LONG))
        assert feed.snapshot is snapshot, "not by the event loop"
        rendering = feed.presenter._rendering
        hub.publish(CHAT, grown(LONG))
        assert feed.presenter._rendering is rendering, "not twice at once"
        await show(feed, LONG)
        hub.publish(CHAT, grown(f"{LONG * 2}"))
        await asyncio.sleep(0)  # the rendering of this begins, and then the end comes
        hub.publish(CHAT, grown(f"{LONG * 2}\n\nThe end.", "complete"))
    assert crowd[0][-1].startswith("event: end\n")
    assert "The end." in crowd[0][-2]


@pytest.mark.parametrize("text", ["a <b> c", LONG])
async def test_what_can_not_be_rendered_is_shown_as_it_was_written_and_the_end_comes(
    templates: Templates, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StreamingMarkdown, "feed", None)
    monkeypatch.setattr("app.watching.watched_message.view_message", None)
    async with watching(templates) as (hub, feed, crowd):
        hub.publish(CHAT, grown(text))
        await show(feed, text)
        hub.publish(CHAT, grown(text, "complete"))
    assert json.dumps(str(escape(text)), ensure_ascii=False)[1:-1] in "".join(crowd[0])
    assert crowd[0][-1].startswith("event: end\n")


async def test_an_end_that_comes_while_a_message_is_rendered_is_told_though_that_is_deleted(
    templates: Templates,
) -> None:
    async with watching(templates) as (hub, feed, _):
        hub.publish(CHAT, grown(LONG))
        feed.state.messages.clear()
        feed.state.ended = True
        feed.presenter.present()


async def test_while_a_reply_grows_only_what_is_new_of_it_is_told(templates: Templates) -> None:
    async with watching(templates) as (hub, feed, _):
        events = stream_events(hub, feed, 0, None, templates)
        for _ in range(2):
            assert (await anext(events)).startswith(b"event: message\n")
        reading = Reply(id=REPLY, state="running", phase="reading")
        hub.publish(CHAT, ReplyUpdate(reply=reading, steps=[]))
        assert (await anext(events)).startswith(b"event: status\n")
        await events.aclose()
        hub.publish(CHAT, grown("Hello", "complete"))
