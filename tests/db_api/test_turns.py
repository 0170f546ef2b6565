"""Searches take turns: whoever searches without end takes neither the connections nor the cores."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from app.errors import LimitReached
from app.search import repository
from app.web import turns
from app.web.turns import Turns
from fastapi import FastAPI

from tests.db_api.api import Api, Person
from tests.support.waiting import wait_until

ADA, BOB, EVE = uuid4(), uuid4(), uuid4()


class Meeting:
    """Sessions that take turns; each turn lasts until it is ended here."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.came: list[UUID] = []
        self.refused: list[tuple[UUID, Any]] = []
        self.end = asyncio.Event()

    async def come(self, session: UUID, most: int = 100) -> None:
        try:
            async with self.turns.take(session, most):
                self.came.append(session)
                await self.end.wait()
        except LimitReached as refused:
            self.refused.append((session, refused.extras["what"]))


def meet(run: Callable[[Meeting, asyncio.TaskGroup], Awaitable[None]]) -> Meeting:
    async def everybody() -> Meeting:
        meeting = Meeting()
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            await run(meeting, tasks)
            meeting.end.set()
        return meeting

    return asyncio.run(everybody())


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_one_runs_at_a_time_and_sessions_take_turns() -> None:
    async def run(meeting: Meeting, tasks: asyncio.TaskGroup) -> None:
        for session in [EVE] * 9 + [ADA] * 2 + [BOB]:
            tasks.create_task(meeting.come(session))
        await settle()
        assert meeting.came == [EVE]

    assert meet(run).came == [EVE, EVE, ADA, BOB, EVE, ADA] + [EVE] * 6


def test_a_session_has_only_so_many_that_wait() -> None:
    async def run(meeting: Meeting, tasks: asyncio.TaskGroup) -> None:
        for session in [EVE] * 5 + [ADA]:
            tasks.create_task(meeting.come(session, most=2))
        await settle()
        assert meeting.refused == [(EVE, "searches")] * 2

    assert meet(run).came == [EVE, EVE, ADA, EVE]


def test_who_waits_too_long_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.01)

    async def run(meeting: Meeting, tasks: asyncio.TaskGroup) -> None:
        tasks.create_task(meeting.come(EVE))
        await settle()
        await tasks.create_task(meeting.come(ADA))
        assert meeting.refused == [(ADA, "all-searches")]
        monkeypatch.setattr(turns, "PATIENCE_S", 60)
        tasks.create_task(meeting.come(BOB))
        await settle()

    assert meet(run).came == [EVE, BOB], "whose turn would have come has left"


def test_who_leaves_at_the_moment_of_its_turn_passes_it_on() -> None:
    async def run(meeting: Meeting, tasks: asyncio.TaskGroup) -> None:
        tasks.create_task(meeting.come(EVE))
        await settle()
        leaving = tasks.create_task(meeting.come(ADA))
        tasks.create_task(meeting.come(BOB))
        await settle()
        meeting.turns._pass_on()  # to ADA, as if EVE's turn had ended
        leaving.cancel()
        await settle()
        assert meeting.came == [EVE, BOB]

    meet(run)


def test_a_rest_as_long_as_the_turn_comes_before_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> list[float]:
        loop, now, rests = asyncio.get_running_loop(), [0.0], []
        monkeypatch.setattr(loop, "time", lambda: now[0])
        monkeypatch.setattr(loop, "call_later", lambda rest, _: rests.append(rest))
        async with Turns().take(EVE, 1):
            now[0] = 0.5
        monkeypatch.undo()
        return rests

    assert asyncio.run(run()) == [0.5]


def test_while_many_search_one_connection_is_held_and_pages_open(
    api: Api, ada: Person, chat: str, served: tuple[Api, FastAPI], monkeypatch: pytest.MonkeyPatch
) -> None:
    searching, end, most = [0], threading.Event(), [0]

    def search(*_: Any, **__: Any) -> list[Any]:
        searching[0] += 1
        most[0] = max(most[0], searching[0])
        end.wait(60)
        searching[0] -= 1
        return []

    monkeypatch.setattr(repository, "search", search)
    app = served[1]
    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(api.person("Eve").search, "x") for _ in range(12)]
        wait_until(lambda: sum(map(len, app.state.searches._waiting.values())) == 11)
        assert ada.get(f"/chats/{chat}/page").status_code == 200
        end.set()
        assert [answer.result() for answer in asked] == [[]] * 12
    assert most == [1]
