"""Requests take turns: another person's page doesn't come after all that one client asks for."""

import asyncio
from uuid import uuid4

import pytest
from app import turns
from app.turns import AT_ONCE, OF_NETWORK, TakeTurns, Turns
from starlette.types import Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio
ADA, BOB, EVE, EVA = (uuid4() for _ in range(4))
NEAR, FAR, OTHER = "192.0.2.1", "198.51.100.1", "203.0.113.1"


class Meeting:
    """Who gets a turn, in which order; each lasts until it is ended here."""

    def __init__(self) -> None:
        self.turns, self.came = Turns(), list[str]()
        self._tasks: list[asyncio.Task[None]] = []
        self._began: list[turns.Turn] = []

    async def come(self, name: str, network: str, session: turns.Session) -> asyncio.Task[None]:
        async def wait() -> None:
            turn = await self.turns.take(network, session)
            self.came.append(name)
            self._began.append(turn)

        self._tasks.append(asyncio.create_task(wait()))
        await settle()
        return self._tasks[-1]

    async def end_one(self) -> str:
        """The name of the next."""
        self._began.pop(0).end()
        await settle()
        return self.came[-1]

    async def end_all(self) -> list[str]:
        while self._began:
            await self.end_one()
        return self.came


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_address_has_half_of_the_turns_and_another_comes_before_the_rest() -> None:
    meeting = Meeting()
    for _ in range(20):
        await meeting.come("eve", NEAR, EVE)
    assert len(meeting.came) == OF_NETWORK
    await meeting.come("ada", FAR, ADA)
    assert meeting.came[-1] == "ada", "at once"
    for name in ("bob", "carl", "dan"):
        await meeting.come(name, OTHER, BOB)
    assert len(meeting.came) == AT_ONCE
    assert await meeting.end_one() == "eve", "whose address had none for the longest time"
    assert await meeting.end_one() == "carl"
    assert sorted(await meeting.end_all()) == sorted(["eve"] * 20 + ["ada", "bob", "carl", "dan"])
    await meeting.come("eve", NEAR, EVE)
    await meeting.come("eve", NEAR, EVE)
    assert meeting.came[-2:] == ["eve"] * 2, "there is room again"


async def test_at_one_address_who_had_no_turn_for_the_longest_time_is_next() -> None:
    meeting = Meeting()
    for _ in range(6):
        await meeting.come("eve", NEAR, EVE)
        await meeting.come("eva", NEAR, EVA)
    await meeting.come("ada", NEAR, ADA)
    assert await meeting.end_one() == "ada"
    assert (await meeting.end_all())[3:7] == ["eve", "eva"] * 2


async def test_who_leaves_takes_nobody_s_turn() -> None:
    meeting = Meeting()
    for _ in range(OF_NETWORK):
        await meeting.come("eve", NEAR, EVE)
    waiting = await meeting.come("ada", NEAR, ADA)
    waiting.cancel()
    await settle()
    leaving = await meeting.come("ada", NEAR, ADA)
    await meeting.come("bob", NEAR, BOB)
    meeting._began.pop(0).end()
    leaving.cancel()  # at the moment of the turn
    await settle()
    assert meeting.came[-1] == "bob"
    await meeting.end_all()
    assert not meeting.turns._running
    assert not meeting.turns._waiting


async def test_a_turn_that_takes_long_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_S", 0.01)
    meeting = Meeting()
    for _ in range(OF_NETWORK + 1):
        await meeting.come("eve", NEAR, EVE)
    async with asyncio.timeout(60):
        while len(meeting.came) < OF_NETWORK + 1:  # noqa: ASYNC110 - counts, no event
            await asyncio.sleep(0.01)
    await meeting.end_all()
    assert meeting.turns._running.total() == 0, "each is counted once"


async def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "REMEMBERED", 10)
    all_turns = Turns()
    for _ in range(20):
        (await all_turns.take(NEAR, uuid4())).end()
    assert len(all_turns._last) == 10


def request(path: str, method: str = "GET") -> Scope:
    client = (NEAR, 1234)
    return {
        "type": "http", "path": path, "method": method, "headers": [], "client": client,
        "session": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "at_once"),
    [
        (request("/chats/1"), OF_NETWORK),
        (request("/chats", "POST"), OF_NETWORK),
        (request("/chats/1/documents", "POST"), 9),
        *((request(path), 9) for path in ("/static/x.css", "/health", "/ready", "/search")),
    ],
    ids=lambda value: value["path"] if isinstance(value, dict) else "",
)
async def test_pages_take_turns_until_their_answers_begin(asked: Scope, at_once: int) -> None:
    came, begin, end = [0], asyncio.Event(), asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        came[0] += 1
        await begin.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await end.wait()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        assert message["status"] == 200

    app = TakeTurns(answer)
    everybody = [asyncio.create_task(app(asked, receive, send)) for _ in range(9)]
    await settle()
    assert came == [at_once]
    begin.set()
    for _ in range(9):
        await settle()
    assert came == [9], "though none has ended"
    end.set()
    await asyncio.gather(*everybody)
