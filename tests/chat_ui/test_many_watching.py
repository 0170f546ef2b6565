"""However many watch, and whatever is written: it is rendered once, and everybody gets a turn."""

import asyncio
import json
import threading
from contextlib import ExitStack, aclosing
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from app.aside import LIGHT
from app.assets import Assets
from app.clients.messages import MessagesClient
from app.clients.types import Growth, Message, News, Reply, Sent, State
from app.loop_pauses import LoopPauses
from app.main import CALLS_AT_ONCE
from app.markdown import StreamingMarkdown, render
from app.templating import Templates
from app.views import messages as views
from app.watching.events import stream_events
from app.watching.feed import Feed
from app.watching.hub import Hub
from app.watching.waking import AT_ONCE, Waiting, Waker
from markupsafe import Markup, escape

from tests.support.person import open_chat, send
from tests.support.scripted_model import ScriptedModel

OWNER, CHAT, QUESTION, REPLY = uuid4(), uuid4(), uuid4(), uuid4()
LONG = "> *word* [\n" * LIGHT


def write_message(id: UUID, seq: int, reply: Reply | None) -> Message:
    return Message(
        id=id,
        chat_id=CHAT,
        parent_id=QUESTION if reply else None,
        seq=seq,
        role="assistant" if reply else "user",
        content="",
        created_at=datetime.now(UTC),
        reply=reply,
    )


def grow(text: str, state: State = "running") -> Growth:
    return Growth(reply=Reply(id=REPLY, state=state), offset=0, text=text)


class CountingTemplates(Templates):
    """Counts what it renders."""

    rendered = 0

    def render(self, name: str, **context: Any) -> str:
        self.rendered += 1
        return super().render(name, **context)


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets()


async def watch_nothing_yet() -> tuple[Hub, Feed]:
    """A reply that the runner here has just begun, and its feed."""
    hub = Hub(cast("MessagesClient", None))
    hub.lead(CHAT, grow(""))
    reply = Reply(id=REPLY, state="running")
    question, answer = write_message(QUESTION, 1, None), write_message(REPLY, 2, reply)
    sent = Sent(message=question, reply=answer, claim=None, title="", repeated=False)
    hub.expect(OWNER, CHAT, sent)
    return hub, await hub.join(OWNER, CHAT, 0)


async def read_to_the_end(hub: Hub, feed: Feed, templates: Templates, told: list[str]) -> None:
    async with aclosing(stream_events(hub, feed, 0, None, templates)) as events:
        async for event in events:
            told.append(event.decode())


async def let_a_crowd_watch(many: int, templates: Templates) -> list[list[str]]:
    """What each of them is told while a reply grows to its end."""
    hub, feed = await watch_nothing_yet()
    crowd: list[list[str]] = [[] for _ in range(many)]
    tasks = [asyncio.create_task(read_to_the_end(hub, feed, templates, told)) for told in crowd]
    for _ in range(many - 1):
        await hub.join(OWNER, CHAT, 0)
    for text, state in (("one", "running"), ("one *two*", "running"), ("one *two*", "complete")):
        scene = feed.scene
        hub.publish(CHAT, grow(text, cast("State", state)))
        assert feed.scene is not scene
        for _ in range(many):  # far more than it takes for all to be told
            await asyncio.sleep(0)
    feed.ended = True
    feed._announce()
    await asyncio.gather(*tasks)
    return crowd


def test_a_crowd_is_told_the_same_and_it_is_rendered_once(assets: Assets) -> None:
    few, many = CountingTemplates(assets, "Parley"), CountingTemplates(assets, "Parley")
    asyncio.run(let_a_crowd_watch(2, few))
    crowd = asyncio.run(let_a_crowd_watch(300, many))
    assert all(told == crowd[0] for told in crowd)
    assert crowd[0][-1].startswith("event: end\n")
    assert "<em>two</em>" in "".join(crowd[0])
    assert many.rendered == few.rendered


def test_a_crowd_is_woken_in_portions_and_nobody_waits_behind_it() -> None:
    async def wake() -> None:
        loop, waker = asyncio.get_running_loop(), Waker()
        crowd: list[Waiting] = [loop.create_future() for _ in range(10 * AT_ONCE)]
        alone: Waiting = loop.create_future()
        waker.wake(crowd)
        waker.wake([alone])
        before = 0
        while not all(waiting.done() for waiting in crowd):
            await asyncio.sleep(0)
            now = sum(waiting.done() for waiting in crowd)
            assert now - before <= AT_ONCE
            assert alone.done() or now <= AT_ONCE
            before = now

    asyncio.run(wake())


def test_who_reads_slowly_is_told_the_newest_and_nothing_is_kept_for_them(assets: Assets) -> None:
    async def read() -> list[bytes]:
        hub, feed = await watch_nothing_yet()
        told = []
        async with aclosing(
            stream_events(hub, feed, 0, None, Templates(assets, "Parley"))
        ) as events:
            told += [await anext(events), await anext(events)]
            for number in range(100):
                hub.publish(CHAT, grow("one " * number))
            told.append(await anext(events))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(events), 0.05)
        return told

    told = asyncio.run(read())
    assert told[-1].count(b"event: ") == 1
    assert told[-1].count(b"one") > 90


def test_what_is_long_to_render_is_shown_as_soon_as_it_has_been_rendered_aside() -> None:
    async def look() -> None:
        hub, feed = await watch_nothing_yet()
        hub.publish(CHAT, grow("> *word"))
        assert feed.scene.messages[REPLY].text == "> *word", "at once"
        scene = feed.scene
        hub.publish(CHAT, grow(LONG))
        assert feed.scene is scene, "not on the loop"
        assert await feed.wait(scene, 20)
        assert feed.scene.messages[REPLY].text == LONG
        hub.leave(feed)

    asyncio.run(look())


def test_the_end_is_told_after_the_last_words_however_long_they_take(assets: Assets) -> None:
    async def look() -> list[str]:
        hub, feed = await watch_nothing_yet()
        told: list[str] = []
        templates = Templates(assets, "Parley")
        task = asyncio.create_task(read_to_the_end(hub, feed, templates, told))
        await asyncio.sleep(0)
        hub.publish(CHAT, grow(LONG))
        await asyncio.sleep(0)  # the rendering of this begins, and then the end comes
        hub.publish(CHAT, grow(f"{LONG}\n\nThe end.", "complete"))
        feed.ended = True
        feed._announce()
        await task
        return told

    told = asyncio.run(look())
    assert told[-1].startswith("event: end\n")
    assert "The end." in told[-2]


@pytest.mark.parametrize("text", ["a <b> c", LONG])
def test_what_can_not_be_rendered_is_shown_as_it_was_written_and_the_end_comes(
    assets: Assets, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(StreamingMarkdown, "feed", fail)
    monkeypatch.setattr("app.watching.item.view_message", fail)

    async def watch() -> list[str]:
        hub, feed = await watch_nothing_yet()
        told: list[str] = []
        task = asyncio.create_task(read_to_the_end(hub, feed, Templates(assets, "P"), told))
        for state in ("running", "complete"):
            hub.publish(CHAT, grow(text, state))
            await asyncio.sleep(0.05)
        feed.ended = True
        feed._announce()
        await asyncio.wait_for(task, 5)
        return told

    told = asyncio.run(watch())
    assert json.dumps(str(escape(text)), ensure_ascii=False)[1:-1] in "".join(told)
    assert told[-1].startswith("event: end\n")


def test_an_end_that_is_announced_while_a_message_is_rendered_is_told_though_that_is_deleted() -> (
    None
):
    async def watch() -> bool:
        hub, feed = await watch_nothing_yet()
        hub.publish(CHAT, grow(LONG))
        feed.items.clear()
        feed.ended = True
        feed._announce()
        await asyncio.sleep(0.05)
        return feed.scene.ended

    assert asyncio.run(watch())


def test_of_a_page_only_the_light_messages_are_rendered_by_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_the_loop: list[int] = []

    def render_noting(text: str) -> Markup:
        if threading.current_thread() is threading.main_thread():
            by_the_loop.append(len(text))
        return render(text)

    monkeypatch.setattr(views, "render", render_noting)
    texts = [f"*{number}*" + " word" * (number * 7) for number in range(40)]
    message = write_message(REPLY, 2, Reply(id=REPLY, state="complete"))
    page = [message.model_copy(update={"content": text}) for text in texts]
    shown = asyncio.run(views.view_messages(page))
    assert [view.message.content for view in shown] == texts
    assert all(f"<em>{number}</em>" in view.html for number, view in enumerate(shown))
    assert 0 < sum(by_the_loop) <= LIGHT
    by_the_loop.clear()
    asyncio.run(views.view_messages(page))
    assert sum(by_the_loop) == sum(map(len, texts)), "nothing is left to render"


@pytest.mark.parametrize("text", [LONG, "word " * LIGHT, "```c\n" + "x = 1;\n" * LIGHT])
def test_a_growing_text_tells_beforehand_how_much_reading_it_may_parse(text: str) -> None:
    markdown = StreamingMarkdown()
    for start in range(0, len(text), 100):
        markdown.feed(text[start : start + 100])
        weight, work = markdown.weight, markdown.work
        assert markdown.open is not None
        assert markdown.work - work <= 3 * weight


def test_a_pause_of_the_loop_is_noted() -> None:
    async def stand_still() -> LoopPauses:
        pauses = LoopPauses(0.005)
        watching = asyncio.create_task(pauses.watch())
        await asyncio.sleep(0.02)
        threading.Event().wait(0.2)
        await asyncio.sleep(0.02)
        watching.cancel()
        return pauses

    pauses = asyncio.run(stand_still())
    assert pauses.longest > 0.15
    assert pauses.busiest < pauses.longest, "it was no work"


def test_pages_open_while_more_chats_are_followed_than_calls_may_run(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 0
    chats = [open_chat(browser) for _ in range(CALLS_AT_ONCE + 5)]
    with ExitStack() as streams:
        for chat in chats:
            send(browser, chat, "Hi")
            streams.enter_context(browser.stream("GET", f"{chat}/events"))
        assert browser.get(chats[0]).status_code == 200
        model.go.set()


def test_db_api_is_asked_once_for_all_who_come_at_once() -> None:
    asked = 0

    class Slow:
        async def follow(self, *_: object, wait: float, **__: object) -> News:
            nonlocal asked
            asked += not wait
            await asyncio.sleep(wait or 0.01)
            reply = Reply(id=REPLY, state="running")
            messages = [write_message(QUESTION, 1, None), write_message(REPLY, 2, reply)]
            return News(messages=messages, replies=[], head=REPLY, idle=False)

    async def come() -> None:
        hub = Hub(cast("MessagesClient", Slow()))
        feeds = await asyncio.gather(*(hub.join(OWNER, CHAT, 0) for _ in range(50)))
        assert len(set(feeds)) == 1
        for feed in feeds:
            assert [shown.message.id for shown in feed.scene.after(0)] == [QUESTION, REPLY]
            hub.leave(feed)

    asyncio.run(come())
    assert asked == 1
