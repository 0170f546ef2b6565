"""A follower asks db-api as often as it has to, and no more."""

import asyncio
from typing import cast
from unittest.mock import AsyncMock, Mock
from uuid import UUID, uuid4

import pytest
from app.clients.messages import FOLLOW_SECONDS, MessagesClient
from app.clients.types import Reply, State
from app.clients.updates import ChatUpdate
from app.errors import Unavailable
from app.watching.chat_state import ChatState
from app.watching.follower import Follower

from tests.chat_ui.feeds import ANSWERED, ASKED, CHAT, OWNER, QUESTION, REPLY, grown, told
from tests.chat_ui.support import replace_within

pytestmark = pytest.mark.anyio

BEGUN = told(grown("one"))
MOVED = BEGUN.model_copy(update={"head": uuid4()})
EMPTIED = BEGUN.model_copy(update={"head": None})
GONE = ChatUpdate(messages=[], replies=[], head=REPLY, idle=True)
UNANSWERED = ChatUpdate(messages=[ASKED], replies=[], head=QUESTION, idle=False)
END = told(grown("one", "complete"), idle=True)
LOOK = FOLLOW_SECONDS


def follow(*answers: ChatUpdate | Exception) -> tuple[Follower, AsyncMock, asyncio.Event]:
    """A follower, the call by which it asks, and what is set when nothing is left to come."""
    asked, state, ended = AsyncMock(side_effect=answers), ChatState(), asyncio.Event()
    client = cast("MessagesClient", Mock(follow=asked))

    def present() -> None:
        if state.ended:
            ended.set()

    return Follower(client, OWNER, CHAT, state, present), asked, ended


@pytest.mark.parametrize(
    ("opened", "later", "waits", "pauses"),
    [
        pytest.param(BEGUN, [told(grown("one two")), END], [LOOK, LOOK], 0, id="news"),
        pytest.param(BEGUN, [BEGUN, END], [LOOK, LOOK], 1, id="no news"),
        pytest.param(BEGUN, [MOVED, MOVED, MOVED, END], [LOOK, 0, LOOK, LOOK], 1, id="moved"),
        pytest.param(BEGUN, [EMPTIED, END], [LOOK, LOOK], 0, id="emptied"),
        pytest.param(BEGUN, [GONE], [LOOK], 0, id="gone"),
        pytest.param(BEGUN, [Unavailable(), BEGUN, END], [LOOK, 0, LOOK], 2, id="away"),
        pytest.param(UNANSWERED, [END], [0], 0, id="nothing to wait for"),
    ],
)
async def test_how_long_each_question_may_wait_and_when_it_pauses(
    monkeypatch: pytest.MonkeyPatch,
    opened: ChatUpdate,
    later: list[ChatUpdate | Exception],
    waits: list[float],
    pauses: int,
) -> None:
    pause = AsyncMock()
    replace_within(monkeypatch, "app.watching.follower", asyncio, sleep=pause)
    follower, asked, ended = follow(opened, *later)
    await follower.open(0)
    follower.start()
    await ended.wait()
    assert [call.kwargs["wait"] for call in asked.await_args_list[1:]] == waits
    assert pause.await_count == pauses


@pytest.mark.parametrize(
    ("opened", "shown", "times"),
    [(BEGUN, QUESTION, 1), (GONE, REPLY, 1), (BEGUN, None, 1), (BEGUN, uuid4(), 2)],
)
async def test_a_watcher_who_shows_what_is_known_asks_nothing(
    opened: ChatUpdate, shown: UUID | None, times: int
) -> None:
    follower, asked, _ = follow(opened, opened)
    await follower.open(0)
    await follower.reach_back(0, shown)
    assert asked.await_count == times


@pytest.mark.parametrize(("since", "times"), [(1, 2), (2, 1), (3, 1)])
async def test_what_came_earlier_is_fetched_for_who_shows_less(since: int, times: int) -> None:
    follower, asked, _ = follow(BEGUN, BEGUN)
    await follower.open(2)
    await follower.reach_back(since)
    assert (asked.await_count, follower.since) == (times, min(since, 2))


def test_growing_text_comes_from_here_if_all_of_it_does_and_nothing_of_unknown_messages() -> None:
    state = ChatState()
    assert not state.merge(ChatUpdate(messages=[], replies=[grown("x")], head=None, idle=False))
    assert not state.text_comes_from_here
    state.merge(told(grown("one"), idle=True))
    assert not state.ended, "more of it was seen to come"
    assert not state.text_comes_from_here
    state.attach_writer(grown("one"))
    queued = {"id": uuid4(), "reply": Reply(id=uuid4(), state="queued")}
    later = ANSWERED.model_copy(update=queued)
    state.merge(BEGUN.model_copy(update={"messages": [later]}))
    assert state.text_comes_from_here


def test_of_what_is_written_here_others_tell_the_end_only() -> None:
    def tell(of: State) -> str:
        state.merge(told(grown("one", of)))
        reply = state.messages[REPLY].message.reply
        return reply.state if reply else ""

    state = ChatState()
    assert [tell("running"), tell("queued")] == ["running", "queued"]
    state.attach_writer(grown("one"))
    assert [tell("queued"), tell("complete")] == ["running", "complete"]
