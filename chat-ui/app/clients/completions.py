"""What programs ask for."""

from collections.abc import Mapping
from uuid import UUID

from app.clients.base import DbApi
from app.clients.queue_types import Sent


class CompletionsClient:
    """db-api's completions: chats that no list has, each with one reply."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def create(self, session: UUID, asked: Mapping[str, object], worker: str | None) -> Sent:
        """Stores what is asked, as db-api's `NewCompletion`; claims its reply for `worker` if a
        slot is free. Raises what sending a message raises."""
        body = {**asked, "worker": worker}
        path = "/completions"
        return await self._api.call("POST", path, answer=Sent, session=session, json=body)
