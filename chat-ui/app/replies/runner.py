"""Takes replies from the line and works them off; any number of copies can do so side by side.

db-api decides who writes what (claims, leases, slots); the runner only obeys. Text is stored
first and shown afterwards, so what somebody has seen is in the database.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator
from uuid import UUID

from app.clients.language_model import LanguageModel
from app.clients.replies import RepliesClient
from app.clients.types import Claim, Growth
from app.errors import LeaseLost, ParleyError, Unavailable
from app.replies.generation import generate
from app.replies.writing import Outcome, Sampling, Writing
from app.watching.hub import Hub

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # between looks for replies that wait in line
BATCH_SECONDS = 0.25  # between two stores of growing text
RETRY_SECONDS = 0.5  # when db-api is away


def name_worker() -> str:
    """A name no other runner has, recognisable in the database."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


class Runner:
    """Writes claimed replies and keeps their leases; `run` is its whole life."""

    def __init__(
        self, replies: RepliesClient, model: LanguageModel, hub: Hub, sampling: Sampling
    ) -> None:
        self._replies, self._model, self._hub = replies, model, hub
        self._sampling = sampling
        self._writings: dict[UUID, Writing] = {}
        self._urgent = asyncio.Event()
        self._storing = asyncio.Lock()

    @property
    def worker(self) -> str:
        """The name under which this runner claims."""
        return self._replies.worker

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Works until the block is left, then hands unfinished replies back to the line."""
        loops = [asyncio.create_task(self._look()), asyncio.create_task(self._store_forever())]
        try:
            yield
        finally:
            tasks = loops + [w.task for w in self._writings.values() if w.task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._writings:
                with contextlib.suppress(ParleyError):
                    await self._store(list(self._writings.values()))
            # Also with nothing in memory: a claim may have been on its way.
            with contextlib.suppress(ParleyError):
                await self._replies.release()

    def begin(self, claim: Claim) -> None:
        """Starts writing a reply that was claimed for this worker.

        After an outage the claim may be for one that is being written here all along: then it
        has renewed the lease, and that is all it takes. Unless another copy has gone on with it
        meanwhile: what was written here since is void.
        """
        if known := self._writings.get(claim.reply.id):
            if known.holds(claim):
                return
            known.lost = True
            self._interrupt(known)
        writing = Writing(claim, self._sampling.of(claim))
        self._writings[writing.id] = writing
        self._hub.lead(claim.chat_id, writing.growth())
        writing.generation = asyncio.create_task(
            generate(self._model, self._replies, writing, self._urgent.set)
        )
        writing.task = asyncio.create_task(self._write(writing, writing.generation))

    def stop(self, reply: UUID) -> None:
        """Stops a reply at once if it is written here; otherwise its runner's heartbeat does."""
        if writing := self._writings.get(reply):
            writing.stopping = True
            self._interrupt(writing)

    async def _look(self) -> None:
        """Takes what waits in line: after a crash, or when another copy had no slot for it."""
        while True:
            try:
                while claim := await self._replies.claim():
                    self.begin(claim)
            except ParleyError as error:
                log.warning("can't look for replies: %s", error)
            except Exception:
                log.exception("can't look for replies")  # and look again, whatever it was
            await asyncio.sleep(LOOK_SECONDS)

    async def _write(self, writing: Writing, generation: asyncio.Task[Outcome]) -> None:
        try:
            await asyncio.wait({generation})
            if not writing.lost:
                await self._finish(writing, self._conclude(writing, generation))
        except Exception:
            # Its lease runs out, and somebody begins anew.
            log.exception("reply %s can't be finished", writing.id)
        finally:
            generation.cancel()
        self._forget(writing)  # not at shutdown: then it is handed back

    def _conclude(self, writing: Writing, generation: asyncio.Task[Outcome]) -> Outcome:
        if generation.cancelled():
            return Outcome("stopped")
        if error := generation.exception():
            log.error("reply %s failed", writing.id, exc_info=error)
            return Outcome("failed", error="model-broke")
        return generation.result()

    async def _finish(self, writing: Writing, outcome: Outcome) -> None:
        """Ends the reply in the database, however long db-api is away, and takes the next one."""
        writing.finishing = True
        while True:
            try:
                async with self._storing:
                    ending = writing.end(outcome)
                    finished = await self._replies.finish(writing.id, ending, claim_next=True)
                break
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
            except LeaseLost:
                # Perhaps only our offset was behind, after an answer that got lost on its way.
                await asyncio.sleep(RETRY_SECONDS)
                with contextlib.suppress(ParleyError):
                    await self._store([writing])
            if writing.lost:
                return
        self._forget(writing)
        # No more than is stored: it may have been stopped while this copy was out of reach.
        growth = Growth(reply=finished.reply, offset=0, text=writing.text[: finished.length])
        self._hub.publish(writing.claim.chat_id, growth)
        if finished.next:
            self.begin(finished.next)

    async def _store_forever(self) -> None:
        """One call at a time stores all running replies: urgent news at once, the rest batched."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), BATCH_SECONDS)
            self._urgent.clear()
            now = time.monotonic()
            due = [
                writing
                for writing in self._writings.values()
                if not writing.finishing and writing.is_due(now)
            ]
            if not due:
                continue
            try:
                await self._store(due)
            except ParleyError as error:
                log.warning("can't store: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("can't store")  # and try again, whatever it was
                await asyncio.sleep(RETRY_SECONDS)

    async def _store(self, writings: list[Writing]) -> None:
        async with self._storing:
            answers = await self._replies.progress([w.take_batch() for w in writings])
            told = {progress.id: progress for progress in answers}
            for writing in writings:
                progress = told[writing.id]
                if self._writings.get(writing.id) is not writing:
                    continue  # it has ended, or begun anew, meanwhile
                if not progress.held:
                    writing.lost = True
                    self._interrupt(writing)
                    continue
                writing.settle(progress)
                self._hub.publish(writing.claim.chat_id, writing.growth())
                if progress.stop_requested and not writing.stopping:
                    self.stop(writing.id)

    def _interrupt(self, writing: Writing) -> None:
        if writing.generation:
            writing.generation.cancel()

    def _forget(self, writing: Writing) -> None:
        if self._writings.get(writing.id) is writing:
            del self._writings[writing.id]
            self._hub.unlead(writing.claim.chat_id, writing.id)
