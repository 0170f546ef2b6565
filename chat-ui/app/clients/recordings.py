"""A chat's recordings: what is said in them becomes the draft of a message."""

from uuid import UUID

from app.clients.base import DbApi
from app.clients.document_types import Recording, Recordings


class RecordingsClient:
    """db-api's recordings, always in the name of one session; uploaded as documents are."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def list_all(self, session: UUID, chat: UUID) -> list[Recording]:
        """Those of the chat whose text was neither sent nor deleted."""
        path = f"/chats/{chat}/recordings"
        found = await self._api.call("GET", path, answer=Recordings, session=session)
        return found.items

    async def delete(self, session: UUID, chat: UUID, recording: UUID) -> None:
        """With its text. Raises NotFound if there is none."""
        await self._api.send("DELETE", f"/chats/{chat}/recordings/{recording}", session=session)
