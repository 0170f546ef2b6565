"""However many watch, and whatever is written: it is rendered once, and everybody gets a turn."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import chain, groupby, repeat
from typing import cast
from unittest.mock import AsyncMock, Mock
from uuid import uuid4

import pytest
from app.assets import Assets
from app.clients.messages import MessagesClient
from app.clients.queue_types import Sent
from app.clients.types import Message, Reply, State
from app.clients.updates import ChatUpdate, KnownReply, ReplyUpdate, StepUpdate
from app.errors import NotFound, Unavailable
from app.markdown import StreamingMarkdown
from app.render_thread import INLINE_CHARACTERS
from app.templating import Templates
from app.watching.events import stream_events
from app.watching.feed import Feed
from app.watching.hub import Hub
from app.watching.notifier import AT_ONCE, Notifier
from app.watching.watched_message import WatchedMessage
from markupsafe import escape

pytestmark = pytest.mark.anyio

OWNER, CHAT, QUESTION, REPLY = uuid4(), uuid4(), uuid4(), uuid4()
LONG = "> *word* [\n" * INLINE_CHARACTERS
RUNNING = Reply(id=REPLY, state="running")
ASKED = Message(
    id=QUESTION, chat_id=CHAT, parent_id=None, seq=1, role="user", content="Hi",
    created_at=datetime.now(UTC),
)  # fmt: skip
ANSWERED = ASKED.model_copy(
    update={
        "id": REPLY, "parent_id": QUESTION, "seq": 2, "role": "assistant", "content": "",
        "reply": RUNNING,
    }
)  # fmt: skip
SENT = Sent(message=ASKED, reply=ANSWERED, claim=None, title="", repeated=False)


def grown(text: str, state: State = "running") -> ReplyUpdate:
    steps = [StepUpdate(number=0, offset=0, text=text)]
    return ReplyUpdate(reply=Reply(id=REPLY, state=state), steps=steps)


def told(*replies: ReplyUpdate, idle: bool = False) -> ChatUpdate:
    return ChatUpdate(messages=[ASKED, ANSWERED], replies=list(replies), head=REPLY, idle=idle)


def connect(*answers: ChatUpdate | Exception) -> tuple[Hub, AsyncMock]:
    """A hub, and the call by which it follows db-api: one answer after another, the last one for
    ever."""
    follow = AsyncMock(side_effect=chain(answers, repeat(answers[-1])))
    return Hub(cast("MessagesClient", Mock(follow=follow))), follow


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(Assets(), "Parley")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is decided by how long it takes."""
    monkeypatch.setattr("app.watching.hub.EXPECTED_SECONDS", 60)
    monkeypatch.setattr("app.watching.follower.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("app.watching.follower.PAUSE_SECONDS", 0.01)


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


async def test_who_has_just_sent_watches_without_a_question_to_db_api_until_the_end() -> None:
    """The model begins to read in that moment, and needs the processor."""
    hub, follow = connect(told(idle=True))
    hub.attach_writer(CHAT, grown(""))
    hub.expect(OWNER, CHAT, SENT)
    feed = await hub.join(OWNER, CHAT, 0)
    hub.expect(OWNER, CHAT, SENT)  # sent again: whoever watches already stays with this feed
    assert [shown.message.id for shown in feed.snapshot.after(0)] == [QUESTION, REPLY]
    hub.publish(CHAT, grown("Hello"))
    await asyncio.sleep(0.05)
    assert feed.snapshot.messages[REPLY].text == "Hello"
    assert not feed.snapshot.ended
    follow.assert_not_called()
    hub.publish(CHAT, grown("Hello", "complete"))
    while not feed.snapshot.ended:
        assert await feed.wait(feed.snapshot, 60)
    follow.assert_called_once()
    hub.detach_writer(CHAT, REPLY)
    hub.leave(feed)


async def test_who_joins_after_the_end_is_told_what_came_since() -> None:
    hub, _ = connect(told(grown("one", "complete"), idle=True), told(grown("two")))
    ended = await hub.join(OWNER, CHAT, 0)
    feed = await hub.join(OWNER, CHAT, 0)
    assert (ended.ended, feed.ended) == (True, False)
    for one in (ended, feed):
        hub.leave(one)


async def test_db_api_is_asked_once_for_all_who_come_at_once() -> None:
    hub, follow = connect(told(grown("")))
    feeds = await asyncio.gather(*(hub.join(OWNER, CHAT, 0) for _ in range(50)))
    assert len(set(feeds)) == 1
    assert [call.kwargs["wait"] for call in follow.mock_calls].count(0) == 1
    for feed in feeds:
        assert [shown.message.id for shown in feed.snapshot.after(0)] == [QUESTION, REPLY]
        hub.leave(feed)


@pytest.mark.parametrize(
    ("fault", "away"), [(Unavailable(), [False, True, False]), (NotFound(), [False])]
)
async def test_an_outage_is_told_and_a_chat_that_is_gone_is_the_end(
    fault: Exception, away: list[bool]
) -> None:
    done = told(grown("Hello", "complete"), idle=True)
    hub, _ = connect(told(grown("")), fault, told(grown("He")), done)
    feed = await hub.join(OWNER, CHAT, 0)
    seen = [feed.snapshot.away]
    while not (snapshot := feed.snapshot).ended:
        await feed.wait(snapshot, 60)
        seen.append(feed.snapshot.away)
    assert [state for state, _ in groupby(seen)] == away
    assert feed.snapshot.messages[REPLY].text == ("Hello" if len(away) > 1 else "")


async def test_a_reply_grows_step_by_step_and_nothing_is_taken_twice_or_out_of_order() -> None:
    message = WatchedMessage(ANSWERED)

    def apply(*steps: tuple[int, int, str]) -> bool:
        updates = [StepUpdate(number=n, offset=at, text=text) for n, at, text in steps]
        return message.apply(ReplyUpdate(reply=RUNNING, steps=updates))

    assert apply((0, 0, "one "), (1, 0, "two"))
    assert apply((1, 1, "wo th"), (2, 0, "ree"))
    assert message.text == "one two three"
    for old_or_too_early in ((2, 1, "ee"), (2, 3, ""), (0, 0, "one "), (2, 4, "!"), (4, 0, "!")):
        assert not apply(old_or_too_early)
    assert message.known() == KnownReply(id=REPLY, state="running", step=2, offset=3)
    assert message.apply(grown("one two three", "complete"))
    assert (message.text, message.known()) == ("one two three", None)
    assert not apply((0, 0, "one two three four")), "it has ended"


async def test_who_joins_with_a_message_that_was_stored_just_now_is_told_of_it(
    templates: Templates,
) -> None:
    """Not that the chat shows another branch, as this feed has not heard of that one yet."""
    newer = ANSWERED.model_copy(update={"id": uuid4(), "seq": 3})
    now = told(grown("one"))

    async def follow(*_: object, wait: float = 20, **__: object) -> ChatUpdate:
        await asyncio.sleep(wait)
        return now

    hub = Hub(cast("MessagesClient", Mock(follow=follow)))
    first = await hub.join(OWNER, CHAT, 0)
    reply = ReplyUpdate(reply=Reply(id=newer.id, state="running"), steps=[])
    now = ChatUpdate(
        messages=[ASKED, newer], replies=[grown("one"), reply], head=newer.id, idle=False
    )
    feed = await hub.join(OWNER, CHAT, 2, newer.id)
    assert feed is first
    events = stream_events(hub, feed, 2, newer.id, templates)
    assert (await anext(events)).startswith(b"event: message\n")
    await events.aclose()
    hub.leave(first)
