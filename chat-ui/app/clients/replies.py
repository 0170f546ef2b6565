"""The runner's side of replies: claiming, storing, finishing. No session: it serves everybody."""

from uuid import UUID

from pydantic import BaseModel

from app.clients.base import DbApi
from app.clients.types import Claim, Finished, Phase, Progress, ProgressMade, ShorterPrompt, State
from app.errors import NothingToShorten


class Batch(BaseModel):
    """Text to add to one reply, from `offset` (code points) on; empty text is a heartbeat."""

    id: UUID
    offset: int
    text: str
    phase: Phase | None
    prompt_tokens: int | None
    prompt_tokens_read: int | None
    completion_tokens: int | None
    first_token_ms: int | None
    total_ms: int | None


class Ending(BaseModel):
    """How a reply ended, with the last of its text."""

    offset: int
    text: str
    state: State
    error: str | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    first_token_ms: int | None = None
    total_ms: int | None = None
    context_start: UUID | None = None


class RepliesClient:
    """db-api's replies, for one worker."""

    def __init__(self, api: DbApi, worker: str) -> None:
        self._api = api
        self.worker = worker

    async def claim(self) -> Claim | None:
        """The next reply to write, or None if none waits or every slot is taken."""
        answer = await self._api.call("POST", "/replies/claim", json={"worker": self.worker})
        return Claim.model_validate_json(answer) if answer else None

    async def progress(self, batches: list[Batch]) -> list[Progress]:
        """Stores all batches in one call and renews their leases."""
        body = {
            "worker": self.worker,
            "replies": [batch.model_dump(mode="json") for batch in batches],
        }
        answer = await self._api.call("POST", "/replies/progress", json=body)
        return ProgressMade.model_validate_json(answer).replies

    async def finish(self, reply: UUID, ending: Ending, *, claim_next: bool) -> Finished:
        """Ends the reply for good; LeaseLost if another worker has taken it over."""
        body = {"worker": self.worker, "claim_next": claim_next, **ending.model_dump(mode="json")}
        return Finished.model_validate_json(
            await self._api.call("POST", f"/replies/{reply}/finish", json=body)
        )

    async def shorten(self, reply: UUID) -> ShorterPrompt | None:
        """About half of the prompt, for one that was refused; None if it can't get shorter."""
        path, body = f"/replies/{reply}/shorten", {"worker": self.worker}
        try:
            return ShorterPrompt.model_validate_json(await self._api.call("POST", path, json=body))
        except NothingToShorten:
            return None

    async def release(self) -> None:
        """Hands everything this worker is writing back to the line, text kept."""
        await self._api.call("POST", "/replies/release", json={"worker": self.worker}, seconds=2)
