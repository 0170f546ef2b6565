"""Who watches a chat joins its feed: db-api is asked once for all, no session watches more than it
may, and each is told of the branch that they show."""

import asyncio
from itertools import groupby
from typing import cast
from unittest.mock import AsyncMock, Mock
from uuid import UUID, uuid4

import pytest
from app.clients.messages import MessagesClient
from app.clients.types import Reply
from app.clients.updates import ChatUpdate, ReplyUpdate
from app.errors import LimitReached, NotFound, Unavailable
from app.templating import Templates
from app.watching.events import stream_events
from app.watching.feed import Feed
from app.watching.hub import Hub
from app.watching.presenter import Presenter

from tests.chat_ui.feeds import (
    ANSWERED,
    ASKED,
    CHAT,
    OWNER,
    QUESTION,
    REPLY,
    SENT,
    connect,
    grown,
    patient,
    templates,
    told,
)

__all__ = ["patient", "templates"]

pytestmark = pytest.mark.anyio


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


async def test_who_sends_where_all_had_ended_watches_a_new_feed() -> None:
    hub, follow = connect(told(grown("one", "complete"), idle=True))
    ended = await hub.join(OWNER, CHAT, 0)
    asked = follow.call_count
    hub.attach_writer(CHAT, grown(""))
    hub.expect(OWNER, CHAT, SENT)
    feed = await hub.join(OWNER, CHAT, 0)
    assert (ended.ended, feed.ended, follow.call_count) == (True, False, asked)
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


async def test_a_session_watches_no_more_streams_at_once_than_it_may() -> None:
    async def answer(*_: object, **__: object) -> ChatUpdate:
        await asyncio.sleep(0.01)
        return told(idle=True)

    follow = AsyncMock(side_effect=answer)
    hub = Hub(cast("MessagesClient", Mock(follow=follow)))
    every = await asyncio.gather(
        *(hub.join(OWNER, CHAT, 0, most=3) for _ in range(5)), return_exceptions=True
    )
    feeds = [feed for feed in every if isinstance(feed, Feed)]
    assert [type(one) for one in every if one not in feeds] == [LimitReached] * 2
    asked = follow.call_count
    with pytest.raises(LimitReached):
        await hub.join(OWNER, uuid4(), 0, most=3)
    assert follow.call_count == asked, "db-api is not asked for what is refused"
    hub.leave(await hub.join(uuid4(), CHAT, 0, most=1))
    hub.leave(feeds[0])
    for feed in [await hub.join(OWNER, CHAT, 0, most=3), *feeds[1:]]:
        hub.leave(feed)
    assert hub.is_idle()


@pytest.mark.parametrize(
    ("fault", "away"), [(Unavailable(), [False, True, False]), (NotFound(), [False])]
)
async def test_an_outage_is_told_and_a_chat_that_is_gone_is_the_end(
    fault: Exception, away: list[bool]
) -> None:
    """Also of an outage so short that nobody would see it, if db-api didn't wait here."""
    answers = iter((told(grown("")), fault, told(grown("He"))))
    outage_seen = asyncio.Event()

    async def follow(*_: object, **__: object) -> ChatUpdate:
        answer = next(answers, told(grown("Hello", "complete"), idle=True))
        if isinstance(answer, Exception):
            raise answer
        if follow_db_api.call_count > 2:
            await outage_seen.wait()
        return answer

    follow_db_api = AsyncMock(side_effect=follow)
    feed = await Hub(cast("MessagesClient", Mock(follow=follow_db_api))).join(OWNER, CHAT, 0)
    seen = [feed.snapshot.away]
    while not (snapshot := feed.snapshot).ended:
        await feed.wait(snapshot, 60)
        seen.append(feed.snapshot.away)
        if seen[-1]:
            outage_seen.set()
    assert [state for state, _ in groupby(seen)] == away
    assert feed.snapshot.messages[REPLY].text == ("Hello" if len(away) > 1 else "")


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


@pytest.mark.parametrize(
    ("since", "last", "leads"),
    [
        (0, None, True),
        (1, None, True),
        (1, QUESTION, True),
        (2, REPLY, True),
        (0, QUESTION, True),
        (1, uuid4(), False),
    ],
)
async def test_whether_the_branch_leads_through_what_a_watcher_shows(
    since: int, last: UUID | None, leads: bool
) -> None:
    hub, _ = connect(told(grown("one")))
    feed = await hub.join(OWNER, CHAT, 0)
    branch = feed.snapshot.after(since)
    assert [shown.message.id for shown in branch] == [QUESTION, REPLY][since:]
    assert feed.snapshot.leads_through(last, branch) is leads
    hub.leave(feed)


async def test_what_is_written_in_one_chat_tells_nothing_of_another() -> None:
    hub, _ = connect(told(grown("")))
    feeds = [await hub.join(OWNER, chat, 0) for chat in (CHAT, uuid4())]
    for feed in feeds:
        feed.state.away = True
    hub.publish(CHAT, grown("Hello"))
    assert [feed.state.away for feed in feeds] == [False, True]
    for feed in feeds:
        hub.leave(feed)


async def test_who_shows_what_is_on_the_branch_no_more_is_told_that_it_moved(
    templates: Templates,
) -> None:
    hub, _ = connect(told(grown("")))
    feed = await hub.join(OWNER, CHAT, 0)
    elsewhere = stream_events(hub, feed, 1, uuid4(), templates)
    assert [event async for event in elsewhere] == [b"event: moved\ndata: {}\n\n"]
    feed = await hub.join(OWNER, CHAT, 0)
    events = stream_events(hub, feed, 0, None, templates)
    for _ in range(2):
        await anext(events)
    feed.state.merge(told(grown("")).model_copy(update={"head": QUESTION}))
    feed.presenter.present()
    assert [event async for event in events] == [b"event: moved\ndata: {}\n\n"]


async def test_who_is_sent_away_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    hub, _ = connect(told(grown("")))
    feed = await hub.join(OWNER, CHAT, 0)
    hub.close()
    assert await asyncio.wait_for(feed.wait(feed.snapshot, 60), 10)
    monkeypatch.setattr(Presenter, "complete", False)
    await feed.reach_back(0)
    hub.leave(feed)
