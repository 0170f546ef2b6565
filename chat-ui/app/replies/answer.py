"""How a claimed reply is answered: by the model, with the passages that were found or freely; by
exact words of a document; or by saying that nothing was found, or what a tool answers, which ask no
model."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from app.answering.align import align, point_at
from app.answering.exact import Head, find_nearest
from app.answering.refusals import NOTHING_FOUND
from app.answering.sentences import cut_markdown
from app.clients.embedder import Embedder
from app.clients.queue import QueueClient
from app.clients.queue_types import NewQuote, Passage
from app.clients.types import ToolCall
from app.errors import LeaseLost, NotFound, ParleyError
from app.render_thread import run_in_render_thread
from app.replies.active_reply import ActiveReply, Outcome
from app.replies.answer_cache import AnswerCache
from app.replies.generation import ModelServer, generate
from app.toolbox import Toolbox
from app.toolbox.calling import INTERRUPTED, MOST_RESULT, UNREADABLE, read_call
from app.toolbox.tool import Result

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5  # when db-api is away, or documents are being read


class Answerer:
    """Has what a reply may be answered by."""

    def __init__(
        self,
        server: ModelServer,
        queue: QueueClient,
        embedder: Embedder,
        head: Head,
        vision: ModelServer | None,
        cache: AnswerCache,
        tools: Toolbox,
    ) -> None:
        self._server, self._queue, self._vision, self._cache = server, queue, vision, cache
        self._embedder, self._head, self._tools = embedder, head, tools

    async def answer(self, active: ActiveReply, announce: Callable[[], None]) -> Outcome:
        """Writes into `active`; raises what `generate` raises. A reply that was interrupted is
        answered from the passages that were found before, and from the same pictures."""
        is_of_program = active.claim.sampling is not None  # then the model gets what it was sent
        if not is_of_program and (tool := self._tools.find(active.question)):
            if not active.text.whole:  # else its result was stored before an interruption
                active.say(await self._tools.call(tool, active.question, active.claim))
            return Outcome("complete")
        if active.mode != "free" and not active.found:
            await self._find_passages(active)
        if active.mode == "exact":
            active.say(await self._find_exact_words(active))
        elif active.mode == "documents" and not active.found:
            active.say(active.refusal)
        else:
            return await self._generate_with_tools(active, announce)
        return Outcome("complete")

    async def _generate_with_tools(
        self, active: ActiveReply, announce: Callable[[], None]
    ) -> Outcome:
        """With the calls that the model makes before its words. Those that are stored are not run
        again: one without a result was interrupted, by the death of who ran it."""
        if active.mode == "free" and (active.sampling.tools or active.calls):
            active.tools = self._tools.all
        try:
            if active.calls and active.calls[-1].result is None:
                await self._end_call(active, Result(INTERRUPTED, failed=True))
            while True:
                outcome = await self._generate(active, announce)
                if not active.wanted:
                    return outcome
                await self._call(active, announce)
        except LeaseLost:
            active.lost = True  # so that nothing is made of the outcome
            return Outcome("stopped")

    async def _call(self, active: ActiveReply, announce: Callable[[], None]) -> None:
        wanted, active.wanted = read_call(active.wanted, active.tools), ""
        number = len(active.calls) + 1
        call = ToolCall(tool=wanted.tool, arguments=wanted.arguments)
        await _insist(
            active, lambda: self._queue.begin_call(active.id, number, call.tool, call.arguments)
        )
        active.calls.append(call)
        announce()
        result = Result(UNREADABLE, failed=True)
        if tool := self._tools.get(wanted.tool):
            result = await self._tools.run(tool, wanted.text, active.claim)
        await self._end_call(active, result)
        announce()

    async def _end_call(self, active: ActiveReply, result: Result) -> None:
        text = result.text[:MOST_RESULT]
        await _insist(
            active,
            lambda: self._queue.end_call(active.id, len(active.calls), text, failed=result.failed),
        )
        update = {"result": text, "failed": result.failed}
        active.calls[-1] = active.calls[-1].model_copy(update=update)

    async def _find_passages(self, active: ActiveReply) -> None:
        """Once documents have been read, however long db-api is away; if the reply is another's by
        now, until the runner hears of that."""
        vector = await self._embedder.embed(active.question)
        while True:
            try:
                passages = await self._queue.find_passages(active.id, vector)
                if passages.found is not None:
                    return active.take_passages(passages)
            except ParleyError as error:
                log.warning("reply %s: can't look for passages: %s", active.id, error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _generate(self, active: ActiveReply, announce: Callable[[], None]) -> Outcome:
        """By the model that sees, if it is there and there is a picture. Once that has been tried,
        a reply stays with it, unless it writes nothing: then the other one gets the text."""
        while active.awaits_pictures:
            await self._give_pictures(active, vision=await self._can_see())
        if active.saw == "picture" and self._vision:
            await self._fetch_pictures(active)
            outcome = await generate(self._vision, self._queue, active, announce)
            if outcome.state != "failed" or active.text.whole:
                return outcome
        while active.saw == "picture":
            await self._give_pictures(active, vision=False)
        if cached := await self._cache.answer(active):
            return cached
        return await generate(self._server, self._queue, active, announce)

    async def _can_see(self) -> bool:
        return self._vision is not None and await self._vision.model.is_up()

    async def _give_pictures(self, active: ActiveReply, *, vision: bool) -> None:
        """As soon as they have been read, however long db-api is away."""
        try:
            active.take_pictures(await self._queue.give_pictures(active.id, vision=vision))
            if not active.awaits_pictures:
                return
        except ParleyError as error:
            log.warning("reply %s: can't ask for pictures: %s", active.id, error)
        await asyncio.sleep(RETRY_SECONDS)

    async def _fetch_pictures(self, active: ActiveReply) -> None:
        """However long db-api is away. One that was deleted meanwhile is in the prompt no more."""
        while True:
            try:
                for document in active.pictures_in_prompt:
                    active.pictures[document] = await self._queue.read_picture(active.id, document)
                return
            except NotFound:
                await self._give_pictures(active, vision=True)
            except ParleyError as error:
                log.warning("reply %s: can't read pictures: %s", active.id, error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _find_exact_words(self, active: ActiveReply) -> str:
        if not active.found:
            return active.refusal
        span = await self._head.find(active.question, active.passages, active.question_before)
        active.span, active.model = span, span.model if span else None
        return span.text if span else NOTHING_FOUND


async def _insist(active: ActiveReply, store: Callable[[], Awaitable[None]]) -> None:
    """However long db-api is away. Raises LeaseLost."""
    while True:
        try:
            return await store()
        except LeaseLost:
            raise
        except ParleyError as error:
            log.warning("reply %s: can't store a call: %s", active.id, error)
        await asyncio.sleep(RETRY_SECONDS)


async def find_quotes(active: ActiveReply) -> list[NewQuote]:
    """The sources of what was written, sentence by sentence; of what was not found, what comes
    nearest."""
    text, passages = active.text.whole, active.passages
    if not passages:
        return []
    if not active.found or text == NOTHING_FOUND:
        return point_at(passages)
    if active.span and active.span.text == text:
        return [active.span.quote()]
    try:
        return await run_in_render_thread(_align, text, active.question, passages)
    except Exception:
        log.exception("reply %s: no quotes", active.id)  # better without them than not at all
        return []


def _align(text: str, question: str, passages: Sequence[Passage]) -> list[NewQuote]:
    # One that states nothing has no source either: its last sentence is marked.
    unstated = [NewQuote(start=said.start, end=said.end) for said in cut_markdown(text)][-1:]
    quotes = align(text, passages) or unstated
    if quotes and not any(quote.document_id for quote in quotes):
        quotes += [span.point() for span in find_nearest(question, passages)]
    return quotes
