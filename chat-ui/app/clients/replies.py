"""What a person does with a reply: have it regenerated or continued, and stop it."""

from uuid import UUID

from app.clients.base import DbApi
from app.clients.queue_types import Sent
from app.clients.types import Reply


class RepliesClient:
    """db-api's replies, always in the name of one session."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def regenerate(
        self,
        session: UUID,
        chat: UUID,
        reply: UUID,
        client_key: str,
        worker: str | None,
        *,
        continued: bool,
    ) -> Sent:
        """Another version of a reply: a new one, or one that begins with its text."""
        body = {
            "replaces": str(reply),
            "client_key": client_key,
            "worker": worker,
            "continued": continued,
        }
        path = f"/chats/{chat}/replies"
        return await self._api.call("POST", path, answer=Sent, session=session, json=body)

    async def stop(self, session: UUID, chat: UUID, reply: UUID) -> Reply:
        """Asks a reply to stop; what was written stays."""
        path = f"/chats/{chat}/replies/{reply}/stop"
        return await self._api.call("POST", path, answer=Reply, session=session)
