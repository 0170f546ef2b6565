"""Which prompts are being read: who has a long one lets a short one pass.

llama-server reads the prompts of its slots one after the other, in the order of the slots. So a
short one, whose writer would have its first word at once, may wait for several long ones. Who
reads one of those lets go, and asks again when the short one has been read: what was read of it is
still in its slot.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LONG = 256  # tokens; of fewer nobody needs to wait
SHORT = 0.5  # of another's tokens: only who has so many less may pass
PATIENCE_S = 3.0  # then it asks again anyway: llama-server may see a second late who has gone
CHARACTERS = 3  # of a token, until the server tells how many there are and how many it has read


class LetPass(Exception):
    """A shorter prompt has come."""


class Reader:
    """One prompt, with the tokens that are left of it."""

    def __init__(self, characters: int, scope: asyncio.Timeout) -> None:
        self.left = characters // CHARACTERS
        self._scope = scope

    def lets_pass(self, left: int) -> bool:
        """Whether one with so many tokens comes first."""
        return self.left > LONG and left < self.left * SHORT

    def let_go(self) -> None:
        """Ends its block."""
        self._scope.reschedule(asyncio.get_running_loop().time())


class Readers:
    """Of one server; those of this process."""

    def __init__(self) -> None:
        self._reading = set[Reader]()
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def read(self, characters: int) -> AsyncIterator[Reader]:
        """The block reads a prompt of so many characters, once the shorter ones have been read.
        Raises LetPass if one comes meanwhile."""
        try:
            async with asyncio.timeout(None) as scope:
                reader = Reader(characters, scope)
                await self._wait_for_shorter(reader)
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
        """It has been read."""
        self._reading.discard(reader)
        self._changed.set()
        self._changed = asyncio.Event()

    async def _wait_for_shorter(self, reader: Reader) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_S
        while any(reader.lets_pass(other.left) for other in self._reading):
            try:
                async with asyncio.timeout_at(until):
                    await self._changed.wait()
            except TimeoutError:
                return
