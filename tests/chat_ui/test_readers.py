"""Who reads a long prompt lets a short one pass."""

import asyncio
from collections.abc import Iterator

import pytest
from app.replies import readers
from app.replies.readers import CHARACTERS, LONG, LetPass, Readers

from tests.chat_ui.runners import until

pytestmark = pytest.mark.anyio

SHORT_ONE, LONG_ONE = 10 * CHARACTERS, 10 * LONG * CHARACTERS


class Reading:
    """Those who read, until each is told that it has; `seen` is what became of them, in order."""

    def __init__(self) -> None:
        self.readers, self.seen = Readers(), list[str]()
        self._tasks = list[asyncio.Task[None]]()

    async def come(self, name: str, characters: int, left: int | None = None) -> asyncio.Event:
        has_read = asyncio.Event()

        async def read() -> None:
            try:
                async with self.readers.read(characters) as reader:
                    self.seen.append(f"{name} reads")
                    reader.left = reader.left if left is None else left
                    await has_read.wait()
                    self.readers.end(reader)
                    self.seen.append(f"{name} has read")
                    await asyncio.sleep(0)
            except LetPass:
                self.seen.append(f"{name} lets pass")

        self._tasks.append(asyncio.create_task(read()))
        await settle()
        return has_read

    def leave(self) -> None:
        for task in self._tasks:
            task.cancel()


@pytest.fixture
def reading() -> Iterator[Reading]:
    reading = Reading()
    yield reading
    reading.leave()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_long_one_lets_a_short_one_pass_and_comes_again_after_it(reading: Reading) -> None:
    await reading.come("long", LONG_ONE)
    short = await reading.come("short", SHORT_ONE)
    assert reading.seen == ["long reads", "short reads", "long lets pass"]
    await reading.come("long again", LONG_ONE)
    assert reading.seen[-1] == "long lets pass", "it waits"
    short.set()
    await settle()
    assert reading.seen[-2:] == ["short has read", "long again reads"]


async def test_long_ones_are_read_one_after_the_other(reading: Reading) -> None:
    first = await reading.come("first", LONG_ONE)
    second = await reading.come("second", LONG_ONE)
    await reading.come("third", LONG_ONE)
    assert reading.seen == ["first reads"]
    first.set()
    await settle()
    assert reading.seen[1:] == ["first has read", "second reads"]
    second.set()
    await settle()
    assert reading.seen[3:] == ["second has read", "third reads"]


async def test_a_much_shorter_one_passes_though_it_is_long_itself(reading: Reading) -> None:
    await reading.come("long", LONG_ONE)
    await reading.come("shorter", LONG_ONE // 4)
    assert reading.seen == ["long reads", "shorter reads", "long lets pass"]


@pytest.mark.parametrize(
    ("characters", "left"),
    [
        (LONG_ONE, LONG),  # the server says that most of it was read before
        (LONG * CHARACTERS, None),
    ],
)
async def test_who_has_little_left_lets_nobody_pass(
    reading: Reading, characters: int, left: int | None
) -> None:
    await reading.come("first", characters, left)
    await reading.come("short", SHORT_ONE)
    assert reading.seen == ["first reads", "short reads"]


async def test_one_of_half_the_length_waits_as_any_other(reading: Reading) -> None:
    await reading.come("long", LONG_ONE)
    await reading.come("half", LONG_ONE // 2)
    assert reading.seen == ["long reads"]


async def test_who_writes_is_not_disturbed(reading: Reading) -> None:
    long = await reading.come("long", LONG_ONE)
    long.set()
    await settle()
    await reading.come("short", SHORT_ONE)
    assert reading.seen == ["long reads", "long has read", "short reads"]


async def test_nobody_waits_for_ever(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "PATIENCE_S", 0.01)
    await reading.come("short", SHORT_ONE)
    await reading.come("long", LONG_ONE)
    await until(lambda: reading.seen == ["short reads", "long reads"])


async def test_who_waited_long_for_a_long_one_still_lets_the_short_one_pass(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "PATIENCE_S", 0.05)
    await reading.come("first", LONG_ONE)
    await reading.come("second", LONG_ONE)
    await asyncio.sleep(0.1)
    monkeypatch.setattr(readers, "PATIENCE_S", 60)
    await reading.come("short", SHORT_ONE)
    await settle()
    assert reading.seen == ["first reads", "short reads", "first lets pass"]


async def test_another_time_limit_is_not_taken_for_it() -> None:
    with pytest.raises(TimeoutError):
        async with Readers().read(LONG_ONE):
            raise TimeoutError
