"""Which prompts are being read: one long one at a time, and it lets a short one pass.

llama-server reads the prompts of its slots one after the other, in the order of the slots. So a
short one, whose writer would have its first word at once, may wait for several long ones. Who
reads one of those lets go, and asks again when the short one has been read: what was read of it is
still in its slot. If several did, each would be seen to have gone only when its slot is next.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

LONG = 256  # tokens; of fewer nobody needs to wait
SHORT = 0.5  # of another's tokens: only who has so many less may pass
PATIENCE_S = 3.0  # for shorter ones: llama-server may see a second late who has gone
CHARACTERS = 3  # of a token, until the server tells how many there are and how many it has read


class LetPass(Exception):
    """A shorter prompt has come."""


class Reader:
    """One prompt, with the tokens that are left of it."""

    def __init__(self, characters: int, scope: asyncio.Timeout) -> None:
        self.left = characters // CHARACTERS
        self._scope = scope

    @property
    def is_long(self) -> bool:
        """Whether others wait for it."""
        return self.left > LONG

    def lets_pass(self, left: int) -> bool:
        """Whether one with so many tokens comes first."""
        return self.is_long and left < self.left * SHORT

    def let_go(self) -> None:
        """Ends its block."""
        self._scope.reschedule(asyncio.get_running_loop().time())


class Readers:
    """Of one server; those of this process."""

    def __init__(self) -> None:
        self._reading = set[Reader]()
        self._changed = asyncio.Event()

    @contextlib.asynccontextmanager
    async def read(self, characters: int) -> AsyncIterator[Reader]:
        """The block reads a prompt of so many characters, once the shorter ones have been read,
        and no other long one is. Raises LetPass if a shorter one comes meanwhile."""
        try:
            async with asyncio.timeout(None) as scope:
                reader = Reader(characters, scope)
                await self._wait_in_turn(reader)
                for other in self._reading:
                    if other.lets_pass(reader.left):
                        other.let_go()
                self._reading.add(reader)
                try:
                    yield reader
                finally:
                    self.end(reader)
        except TimeoutError as error:
            if scope.expired():
                raise LetPass from error
            raise

    def end(self, reader: Reader) -> None:
        """It has been read, and has its first word: each token until then would wait for 64 of a
        long one."""
        if reader in self._reading:
            self._reading.remove(reader)
            self._changed.set()
            self._changed = asyncio.Event()

    async def _wait_in_turn(self, reader: Reader) -> None:
        def comes_shorter() -> bool:
            return any(reader.lets_pass(other.left) for other in self._reading)

        def comes_long() -> bool:
            return any(
                other.is_long and not other.lets_pass(reader.left) for other in self._reading
            )

        while reader.is_long:
            await self._wait_while(comes_long)
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._wait_while(lambda: comes_shorter() and not comes_long())
            except TimeoutError:
                return
            if not comes_long():
                return

    async def _wait_while(self, is_so: Callable[[], bool]) -> None:
        while is_so():
            await self._changed.wait()
