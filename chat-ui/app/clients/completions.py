"""What programs ask for."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.clients.base import DbApi
from app.clients.queue_types import Completion, Left, Listening, SentCompletion


class CompletionsClient:
    """db-api's completions: chats that no list has, each with one reply."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def create(
        self, session: UUID, asked: Mapping[str, object], worker: str | None
    ) -> SentCompletion:
        """Stores what is asked, as db-api's `NewCompletion`, or joins what came before of the same
        request; claims its reply for `worker` if a slot is free. Raises what sending a message
        raises."""
        body = {**asked, "worker": worker}
        path = "/completions"
        return await self._api.call("POST", path, answer=SentCompletion, session=session, json=body)

    async def listen(self, session: UUID, reply: UUID) -> datetime | None:
        """Somebody still does; until when that is believed, None if it makes no difference."""
        path = f"/completions/{reply}/listen"
        told = await self._api.call("POST", path, answer=Listening, session=session)
        return told.listened_until

    async def leave(self, session: UUID, reply: UUID, until: datetime) -> bool:
        """Whoever was told this moment listens no more; whether nobody else does, so that it is
        paused."""
        path, body = f"/completions/{reply}/leave", {"listened_until": until.isoformat()}
        return (await self._api.call("POST", path, answer=Left, session=session, json=body)).paused

    async def deliver(self, session: UUID, reply: UUID) -> None:
        """It was sent whole: a retry of the request is another one from now on."""
        body = {"is_delivered": True}
        await self._api.send("POST", f"/completions/{reply}/leave", session=session, json=body)

    async def find(self, session: UUID, reply: UUID) -> Completion:
        """What was asked for as a response, by its reply; NotFound for whatever else has
        this id."""
        path = f"/completions/{reply}"
        return await self._api.call("GET", path, answer=Completion, session=session)
