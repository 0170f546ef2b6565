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


async def test_long_ones_let_a_short_one_pass_and_come_again_after_it(reading: Reading) -> None:
    await reading.come("long", LONG_ONE)
    await reading.come("longer", 2 * LONG_ONE - CHARACTERS)
    short = await reading.come("short", SHORT_ONE)
    assert reading.seen[:3] == ["long reads", "longer reads", "short reads"]
    assert sorted(reading.seen[3:]) == ["long lets pass", "longer lets pass"]
    await reading.come("long again", LONG_ONE)
    assert reading.seen[-1].endswith("lets pass"), "it waits"
    short.set()
    await settle()
    assert reading.seen[-2:] == ["short has read", "long again reads"]


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
    assert reading.seen == ["long reads", "half reads"]


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


async def test_another_time_limit_is_not_taken_for_it() -> None:
    with pytest.raises(TimeoutError):
        async with Readers().read(LONG_ONE):
            raise TimeoutError
