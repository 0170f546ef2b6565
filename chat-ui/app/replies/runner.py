"""Processes the queue of replies; any number of copies can do so side by side.

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
from collections import deque
from collections.abc import AsyncIterator
from uuid import UUID

from app.answering.exact import Head
from app.clients.completion import ModelDied
from app.clients.embedder import Embedder
from app.clients.queue import QueueClient
from app.clients.queue_types import Claim
from app.errors import LeaseLost, ParleyError, Unavailable
from app.replies.active_reply import ActiveReply, Outcome, Sampling
from app.replies.answer import Answerer, find_quotes
from app.replies.answer_cache import AnswerCache
from app.replies.generation import MODEL_BROKE, ModelServer
from app.replies.publisher import Publisher
from app.replies.worker_locks import WorkerLocks
from app.toolbox import Toolbox

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # between looks for queued replies
BATCH_SECONDS = 0.25  # between two stores of growing text
RETRY_SECONDS = 0.5  # when db-api is away
REMEMBERED = 100  # replies that ended last


def name_worker() -> str:
    """A name no other runner has, recognisable in the database."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


class Runner:
    """Writes claimed replies and keeps their leases; `run` is its whole life."""

    def __init__(
        self,
        queue: QueueClient,
        server: ModelServer,
        embedder: Embedder,
        head: Head,
        publisher: Publisher,
        sampling: Sampling,
        locks: WorkerLocks,
        tools: Toolbox,
        vision: ModelServer | None = None,
        cache_seconds: float = 0,
    ) -> None:
        self._queue, self._model, self._publisher = queue, server.model, publisher
        self._prompts, self._sampling, self._locks = server.prompts, sampling, locks
        cache = AnswerCache(queue, server.model, cache_seconds)
        self._answerer = Answerer(server, queue, embedder, head, vision, cache, tools)
        self._active: dict[UUID, ActiveReply] = {}
        self._finished: deque[UUID] = deque(maxlen=REMEMBERED)
        self._urgent = asyncio.Event()
        self._model_died = asyncio.Event()
        self._storing = asyncio.Lock()

    @property
    def worker(self) -> str:
        """The name under which this runner claims."""
        return self._queue.worker

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Works until the block is left, then hands unfinished replies back to the queue."""
        self._locks.take()
        forever = (self._look(), self._store_forever(), self._prompts.save_forever())
        loops = [asyncio.create_task(loop) for loop in forever]
        try:
            yield
        finally:
            tasks = loops + [active.task for active in self._active.values() if active.task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._active:
                with contextlib.suppress(ParleyError):
                    await self._store(list(self._active.values()))
            # Also with nothing in memory: a claim may have been on its way.
            released = False
            with contextlib.suppress(ParleyError):
                await self._queue.release()
                released = True
            self._locks.leave(empty_handed=released)

    def begin(self, claim: Claim) -> None:
        """Starts writing a reply that was claimed for this worker.

        After an outage the claim may be for one that is being written here all along: then it
        has renewed the lease, and that is all it takes. Unless another copy has continued it
        meanwhile: what was written here since is void. A claim that was answered twice (the form
        was sent twice) may come when the reply has ended already.
        """
        if claim.reply.id in self._finished:
            return
        if known := self._active.get(claim.reply.id):
            if known.holds(claim):
                return
            known.lost = True
            self._interrupt(known)
        active = ActiveReply(claim, self._sampling.of(claim))
        self._active[active.id] = active
        self._publisher.attach_writer(claim.chat_id, active.update())
        active.generation = asyncio.create_task(self._answerer.answer(active, self._urgent.set))
        active.task = asyncio.create_task(self._write(active, active.generation))
        self._urgent.set()

    def stop(self, reply: UUID) -> None:
        """Stops a reply at once if it is written here; otherwise its runner's heartbeat does."""
        if active := self._active.get(reply):
            active.stopping = True
            self._interrupt(active)

    def pause(self, reply: UUID) -> None:
        """Hands a reply back at once, if it is written here and nobody listens to it."""
        if active := self._active.get(reply):
            active.paused = True
            self._interrupt(active)

    async def _look(self) -> None:
        """Claims what is queued: after a crash, or when another copy had no slot for it."""
        while True:
            try:
                await self._release_dead()
                while not self._model_died.is_set() and (claim := await self._queue.claim()):
                    self.begin(claim)
            except ParleyError as error:
                log.warning("can't look for replies: %s", error)
            except Exception:
                log.exception("can't look for replies")  # and look again, whatever it was
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._model_died.wait()
                    await self._model.wait_until_up()
                    self._model_died.clear()

    async def _release_dead(self) -> None:
        """Hands back what runners of this machine held that have died."""
        with contextlib.closing(self._locks.find_dead()) as dead:
            for worker in dead:
                await self._queue.release(worker, died=True)
                log.info("%s has died; what it wrote is queued again", worker)

    async def _write(self, active: ActiveReply, generation: asyncio.Task[Outcome]) -> None:
        try:
            await asyncio.wait({generation})
            if active.lost:
                pass
            elif outcome := self._conclude(active, generation):
                await self._finish(active, outcome)
                self._prompts.note_end()
            else:
                await self._hand_back(active)
        except Exception:
            # Its lease runs out, and another claim starts it again.
            log.exception("reply %s can't be finished", active.id)
        finally:
            generation.cancel()
        self._forget(active)  # not at shutdown: then it is handed back

    def _conclude(self, active: ActiveReply, generation: asyncio.Task[Outcome]) -> Outcome | None:
        """None if there is more to be written, by whoever claims the reply next."""
        if generation.cancelled():
            is_over = active.stopping or not active.paused
            return Outcome("stopped") if is_over else None
        error = generation.exception()
        if isinstance(error, ModelDied):
            log.warning("reply %s: lm-api died: %s", active.id, error)
            return None
        if error:
            log.error("reply %s failed", active.id, exc_info=error)
            return MODEL_BROKE
        return generation.result()

    async def _finish(self, active: ActiveReply, outcome: Outcome) -> None:
        """Ends the reply in the database, however long db-api is away, and takes the next one."""
        active.quotes = await find_quotes(active)
        active.finishing = True
        while True:
            try:
                async with self._storing:
                    request = active.end(outcome, self.worker)
                    finished = await self._queue.finish(active.id, request)
                break
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
            except LeaseLost:
                # Perhaps only our offset was behind, after an answer that got lost on its way.
                await asyncio.sleep(RETRY_SECONDS)
                with contextlib.suppress(ParleyError):
                    await self._store([active])
            if active.lost:
                return
        self._finished.append(active.id)
        self._forget(active)
        self._publisher.publish(active.claim.chat_id, active.final_update(finished))
        if finished.next:
            self.begin(finished.next)

    async def _hand_back(self, active: ActiveReply) -> None:
        """Queues the reply again, with all that was written of it."""
        died = not active.paused
        if died:
            self._model_died.set()
        active.finishing = True
        while not active.lost:
            try:
                await self._store([active])
                if active.stopping:
                    return await self._finish(active, Outcome("stopped"))
                if not active.text.pending:
                    active.lost = True  # a later claim starts a new ActiveReply
                    await self._queue.release(reply=active.id, died=died)
            except ParleyError as error:
                active.lost = False
                log.warning("can't hand reply %s back: %s", active.id, error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _store_forever(self) -> None:
        """One call at a time stores all running replies: urgent text at once, the rest batched.
        Without one it waits until one begins."""
        while True:
            with contextlib.suppress(TimeoutError):
                pause = BATCH_SECONDS if self._active else None
                await asyncio.wait_for(self._urgent.wait(), pause)
            self._urgent.clear()
            now = time.monotonic()
            due = [
                active
                for active in self._active.values()
                if not active.finishing and active.is_due(now)
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

    async def _store(self, replies: list[ActiveReply]) -> None:
        async with self._storing:
            answers = await self._queue.progress([active.take_batch() for active in replies])
            results = {result.id: result for result in answers}
            for active in replies:
                result = results[active.id]
                if self._active.get(active.id) is not active:
                    continue  # it has ended, or was claimed again, meanwhile
                if not result.held:
                    active.lost = True
                    self._interrupt(active)
                    continue
                active.settle(result)
                self._publisher.publish(active.claim.chat_id, active.update())
                if result.stop_requested and not active.stopping:
                    self.stop(active.id)
                elif result.paused and not active.paused:
                    self.pause(active.id)

    def _interrupt(self, active: ActiveReply) -> None:
        if active.generation:
            active.generation.cancel()

    def _forget(self, active: ActiveReply) -> None:
        if self._active.get(active.id) is active:
            del self._active[active.id]
            self._publisher.detach_writer(active.claim.chat_id, active.id)
