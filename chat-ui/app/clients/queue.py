"""The reply queue, for the runner: claim, store, finish. No session: it serves everybody."""

from uuid import UUID

from app.clients.base import DbApi
from app.clients.embedder import QuestionVector
from app.clients.queue_types import (
    Batch,
    BatchResult,
    Cached,
    CallResult,
    Claim,
    FinishRequest,
    FinishResult,
    NewCall,
    PassagesFound,
    PicturesGiven,
    ProgressRequest,
    ProgressResult,
    ReleaseRequest,
    ShorterPrompt,
)
from app.errors import NothingToShorten


class QueueClient:
    """db-api's reply queue, for one worker."""

    def __init__(self, api: DbApi, worker: str) -> None:
        self._api = api
        self.worker = worker

    async def claim(self) -> Claim | None:
        """The next reply to write, or None if none waits or every slot is taken."""
        content = await self._api.send("POST", "/replies/claim", json={"worker": self.worker})
        return Claim.model_validate_json(content) if content else None

    async def progress(self, batches: list[Batch]) -> list[BatchResult]:
        """Stores all batches in one call and renews their leases."""
        body = ProgressRequest(worker=self.worker, replies=batches).model_dump(mode="json")
        path = "/replies/progress"
        return (await self._api.call("POST", path, answer=ProgressResult, json=body)).replies

    async def finish(self, reply: UUID, request: FinishRequest) -> FinishResult:
        """Ends the reply for good; LeaseLost if another worker has taken it over."""
        path, body = f"/replies/{reply}/finish", request.model_dump(mode="json")
        return await self._api.call("POST", path, answer=FinishResult, json=body)

    async def begin_call(self, reply: UUID, number: int, tool: str, arguments: str) -> None:
        """Stores a call, counted from 1, before it is run. LeaseLost if it is not to be: another
        worker has the reply, or has stored this call."""
        new = NewCall(worker=self.worker, tool=tool, arguments=arguments)
        path = f"/replies/{reply}/calls/{number}"
        await self._api.send("PUT", path, json=new.model_dump(mode="json"))

    async def end_call(self, reply: UUID, number: int, result: str, *, failed: bool) -> None:
        """Stores what came of it; LeaseLost if another worker has taken the reply over."""
        ended = CallResult(worker=self.worker, result=result, failed=failed)
        path = f"/replies/{reply}/calls/{number}/result"
        await self._api.send("PUT", path, json=ended.model_dump(mode="json"))

    async def find_passages(self, reply: UUID, question: QuestionVector | None) -> PassagesFound:
        """What the reply is to be answered from: searched for once, however often it is asked."""
        body: dict[str, object] = {"worker": self.worker}
        if question:
            body |= {"vector": question.vector, "vector_model": question.model}
        path = f"/replies/{reply}/passages"
        return await self._api.call("POST", path, answer=PassagesFound, json=body)

    async def find_cached(self, reply: UUID, key: str, seconds: float) -> Cached | None:
        """An earlier answer to what has this key, not older than that; None if there is none."""
        path = f"/replies/{reply}/cached"
        body = {"worker": self.worker, "cache_key": key, "seconds": seconds}
        content = await self._api.send("POST", path, json=body)
        return Cached.model_validate_json(content) if content else None

    async def give_pictures(self, reply: UUID, *, vision: bool) -> PicturesGiven:
        """How the reply's model gets pictures: as they are only if there is one that sees."""
        path, body = f"/replies/{reply}/pictures", {"worker": self.worker, "vision": vision}
        return await self._api.call("POST", path, answer=PicturesGiven, json=body)

    async def read_picture(self, reply: UUID, document: UUID) -> bytes:
        """A JPEG that the reply's model gets; NotFound if it was deleted."""
        path, params = f"/replies/{reply}/pictures/{document}", {"worker": self.worker}
        return await self._api.send("GET", path, params=params)

    async def shorten(self, reply: UUID) -> ShorterPrompt | None:
        """About half of the prompt, for one that was refused; None if it can't get shorter."""
        path, body = f"/replies/{reply}/shorten", {"worker": self.worker}
        try:
            return await self._api.call("POST", path, answer=ShorterPrompt, json=body)
        except NothingToShorten:
            return None

    async def release(
        self, worker: str = "", *, reply: UUID | None = None, died: bool = False
    ) -> None:
        """Hands back to the queue what this worker writes, or a dead one wrote; text is kept. With
        `reply` only that one. `died`: a process has, so without new text it was an attempt."""
        request = ReleaseRequest(worker=worker or self.worker, reply=reply, died=died)
        body = request.model_dump(mode="json")
        await self._api.send("POST", "/replies/release", json=body, seconds=2)
