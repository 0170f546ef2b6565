"""Requests take turns: another person's page doesn't come after all that one client asks for."""

import asyncio
from uuid import uuid4

import pytest
from app import turns
from app.turns import AT_ONCE, FURTHER, OF_NETWORK, TakeTurns, Turns, take_another
from starlette.requests import Request
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


@pytest.fixture(autouse=True)
def nobody_else(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever had a turn has left, so that nobody rests."""
    if "beside_others" not in request.node.name:
        monkeypatch.setattr(turns, "OTHERS_S", 0.0)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_who_is_alone_has_half_of_the_turns_and_another_comes_before_the_rest() -> None:
    meeting = Meeting()
    for _ in range(20):
        await meeting.come("eve", NEAR, EVE)
    assert len(meeting.came) == 1 + FURTHER
    await meeting.come("ada", FAR, ADA)
    assert meeting.came[-1] == "ada", "at once"
    for name in ("bob", "carl", "dan"):
        await meeting.come(name, OTHER, BOB)
    assert len(meeting.came) == AT_ONCE
    assert await meeting.end_one() == "bob", "whose address had none for the longest time"
    assert sorted(await meeting.end_all()) == sorted(["eve"] * 20 + ["ada", "bob", "carl", "dan"])


async def test_an_address_never_has_all_of_the_turns() -> None:
    meeting = Meeting()
    for _ in range(AT_ONCE):
        await meeting.come("eve", NEAR, uuid4())
    assert len(meeting.came) == OF_NETWORK < AT_ONCE
    await meeting.come("ada", FAR, ADA)
    assert meeting.came[-1] == "ada"


async def test_at_one_address_a_session_s_only_request_does_not_wait_for_others_many() -> None:
    meeting = Meeting()
    for _ in range(6):
        await meeting.come("eve", NEAR, EVE)
    await meeting.end_one()
    await meeting.come("ada", NEAR, ADA)
    assert meeting.came[-1] == "ada"


async def test_beside_others_who_asks_for_much_has_one_turn_and_rests_as_long_as_it_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meeting, now = Meeting(), [1000.0]
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "time", lambda: now[0])
    await meeting.come("ada", FAR, ADA)
    for _ in range(9):
        await meeting.come("eve", NEAR, EVE)
    assert meeting.came == ["ada", "eve", "eve"], "her only one then, and one beside it"
    for _ in range(2):
        await meeting.end_one()
    now[0] += 0.2
    await meeting.end_one()
    assert len(meeting.came) == 3, "the address rests"
    await meeting.come("eva", NEAR, EVA)
    assert meeting.came[-1] == "eva", "who does not wait for that"
    for seconds, came in ((0.1, 4), (0.11, 5)):
        now[0] += seconds
        await settle()
        assert len(meeting.came) == came
    now[0] += turns.OTHERS_S
    while len(meeting.came) < 11:
        await meeting.end_one()
        assert meeting._began, "nobody else is there, so there is no rest"


async def test_at_one_address_who_had_no_turn_for_the_longest_time_is_next() -> None:
    meeting = Meeting()
    await meeting.come("first eve", NEAR, EVE)
    await meeting.come("first eva", NEAR, EVA)
    for _ in range(6):
        await meeting.come("eve", NEAR, EVE)
        await meeting.come("eva", NEAR, EVA)
    assert (await meeting.end_all())[3:7] == ["eva", "eve"] * 2


async def test_who_leaves_takes_nobody_s_turn() -> None:
    meeting = Meeting()
    for _ in range(1 + FURTHER):
        await meeting.come("eve", NEAR, EVE)
    waiting = await meeting.come("eve", NEAR, EVE)
    waiting.cancel()
    await settle()
    leaving = await meeting.come("eve", NEAR, EVE)
    await meeting.come("bob", NEAR, EVE)
    meeting._began.pop(1).end()
    leaving.cancel()  # at the moment of the turn
    await settle()
    assert meeting.came[-1] == "bob"
    await meeting.end_all()
    assert not meeting.turns._running
    assert not meeting.turns._waiting
    assert not meeting.turns._asking


async def test_a_turn_that_takes_long_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_S", 0.01)
    meeting = Meeting()
    for _ in range(2 + FURTHER):
        await meeting.come("eve", NEAR, EVE)
    async with asyncio.timeout(60):
        while len(meeting.came) < 2 + FURTHER:  # noqa: ASYNC110 - counts, no event
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
        (request("/chats/1"), 1 + FURTHER),
        (request("/chats", "POST"), 1 + FURTHER),
        (request("/chats/1/documents", "POST"), 1 + FURTHER),
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


async def test_a_piece_of_a_long_answer_is_a_turn_beside_others() -> None:
    scope = request("/chats/1/export.json")
    scope["turns"] = all_turns = Turns()
    scope["turn"] = await all_turns.take(NEAR, None)
    async with take_another(Request(scope)):
        assert all_turns._running.total() == 1, "the first one has ended"
        assert all_turns._further[NEAR] == 1
    assert not all_turns._running
