"""Lets what lm-api has read outlive its server: slots are saved after replies, and restored before
a new server is asked for the first one."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

from app.clients.slots import SlotsClient, SlotsRefused, SlotsUnanswered

log = logging.getLogger(__name__)

SURE_SECONDS = 1  # after a sign of life; sooner no other server has taken its place
RESTORING = "restoring"  # lm-api/start removes files that are older, should restoring be deadly


class PromptCache:
    """Whatever fails here costs time at most: the prompt is read again.

    The stream of a reply does not tell its slot, so slots are saved, not chats. A server that
    refuses is not asked again before it has been away.
    """

    def __init__(self, slots: SlotsClient) -> None:
        self._slots = slots
        self._saved: dict[int, int | None] = {}  # by slot, the task after which it was saved
        self._restoring = asyncio.Lock()
        self._reply_ended = asyncio.Event()
        self._refused = False
        self._sure_until = 0.0  # by the monotonic clock

    def note_away(self) -> None:
        """lm-api is away: when it comes back, its slots may be empty."""
        self._refused, self._sure_until = False, 0.0

    def note_alive(self) -> None:
        """lm-api is writing, so it is the server whose slots are used."""
        self._sure_until = time.monotonic() + SURE_SECONDS

    def note_end(self) -> None:
        """A reply has ended; `save_forever` takes care of its slot."""
        self._reply_ended.set()

    async def save_forever(self) -> None:
        """After replies have ended, saves the slots that were used since and are idle."""
        while True:
            await self._reply_ended.wait()
            self._reply_ended.clear()
            if not self._refused:
                async with self._tolerant():
                    await self._save()

    async def restore(self) -> None:
        """Before a reply is asked for: fills the slots of a server that has used none of them."""
        async with self._restoring:  # one for all who wait
            if self._refused or time.monotonic() < self._sure_until:
                return
            async with self._tolerant():
                await self._restore()
            self.note_alive()

    async def erase(self) -> None:
        """Empties the idle slots and their files."""
        with contextlib.suppress(SlotsUnanswered, SlotsRefused):
            for slot in await self._slots.list():
                if not slot.busy:
                    await self._slots.erase(slot.id)
                    await self._slots.save(slot.id, _name_file(slot.id))

    async def _save(self) -> None:
        used = [slot for slot in await self._slots.list() if slot.task is not None]
        if used:
            self.note_alive()
        for slot in used:
            if not slot.busy and self._saved.get(slot.id) != slot.task:
                await self._slots.save(slot.id, _name_file(slot.id))
                self._saved[slot.id] = slot.task

    async def _restore(self) -> None:
        slots = await self._slots.list()
        if not slots or any(slot.task is not None for slot in slots):
            return  # the same server as before, or another runner was quicker
        self._saved.clear()
        await self._slots.save(slots[0].id, RESTORING)
        restored = None
        for slot in slots:
            with contextlib.suppress(SlotsRefused):  # there may be no file for it
                await self._slots.restore(slot.id, _name_file(slot.id))
                restored = slot.id
        if restored is not None:  # all went well: they may be restored again
            await self._slots.save(restored, _name_file(restored))

    @contextlib.asynccontextmanager
    async def _tolerant(self) -> AsyncIterator[None]:
        try:
            yield
        except SlotsUnanswered:
            pass
        except SlotsRefused as refusal:
            self._refused = True
            log.info("no prompts are saved or restored until lm-api was away: %s", refusal)


def _name_file(slot: int) -> str:
    return f"slot-{slot}"
