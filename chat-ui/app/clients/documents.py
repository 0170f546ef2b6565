"""A session's documents: uploaded block by block, listed, opened, renamed and deleted."""

from collections.abc import AsyncIterator
from uuid import UUID

from app.clients.base import DbApi
from app.clients.document_types import (
    Document,
    DocumentPage,
    Documents,
    Found,
    KeptDocument,
    Upload,
)

BLOCK_BYTES = 1_048_576  # of a file, all but its last block


class DocumentsClient:
    """db-api's documents, always in the name of one session."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def begin_upload(self, session: UUID, size: int | None) -> UUID:
        """An upload's id. Raises FileTooLarge, DocumentsFull or StorageFull if its size is known
        and there is no room for it."""
        new = {"size": size}
        upload = await self._api.call("POST", "/files", answer=Upload, session=session, json=new)
        return upload.id

    async def put_block(self, session: UUID, upload: UUID, number: int, content: bytes) -> None:
        """The next block of an upload."""
        path = f"/files/{upload}/blocks/{number}"
        await self._api.send("PUT", path, session=session, content=content, seconds=30)

    async def cancel_upload(self, session: UUID, upload: UUID) -> None:
        """Nothing of it is kept. Raises UploadFailed if there is none."""
        await self._api.send("DELETE", f"/files/{upload}", session=session)

    async def complete_upload(
        self, session: UUID, upload: UUID, name: str, size: int, sha256: str, chat: UUID | None
    ) -> KeptDocument:
        """The document that it becomes, in this chat or else in the library. Raises
        FileKindRefused, and UploadFailed if something of it is missing."""
        new = {"name": name, "size": size, "sha256": sha256, "chat_id": str(chat) if chat else None}
        path = f"/files/{upload}/complete"
        return await self._api.call(
            "POST", path, answer=KeptDocument, session=session, json=new, seconds=30
        )

    async def list_newest(self, session: UUID, *, chat: UUID | None = None) -> list[Document]:
        """The documents of the library and of all chats, or those of one chat."""
        params = {"chat": str(chat)} if chat else {}
        found = await self._api.call(
            "GET", "/documents", answer=Documents, session=session, params=params
        )
        return found.items

    async def search(self, session: UUID, words: str, *, limit: int) -> Found:
        """Passages of all documents that fit best, by their words."""
        params = {"q": words, "limit": str(limit)}
        return await self._api.call(
            "GET", "/passages", answer=Found, session=session, params=params
        )

    async def get(self, session: UUID, document: UUID) -> Document:
        """The document; NotFound if there is none or it is somebody else's."""
        path = f"/documents/{document}"
        return await self._api.call("GET", path, answer=Document, session=session)

    async def page(self, session: UUID, document: UUID, number: int) -> DocumentPage:
        """A page's text; NotFound until it has been read."""
        path = f"/documents/{document}/pages/{number}"
        return await self._api.call("GET", path, answer=DocumentPage, session=session)

    async def add_to_chat(self, session: UUID, chat: UUID, document: UUID) -> None:
        """The chat has it from now on; NotFound if either is not there, or somebody else's."""
        await self._api.send("PUT", f"/chats/{chat}/documents/{document}", session=session)

    async def take_from_chat(self, session: UUID, chat: UUID, document: UUID) -> None:
        """The chat doesn't have it any more; where else it is, it stays."""
        await self._api.send("DELETE", f"/chats/{chat}/documents/{document}", session=session)

    async def rename(self, session: UUID, document: UUID, name: str) -> None:
        """Change what it is called."""
        path = f"/documents/{document}"
        await self._api.send("PATCH", path, session=session, json={"name": name})

    async def delete(self, session: UUID, document: UUID) -> None:
        """For good, in all chats."""
        await self._api.send("DELETE", f"/documents/{document}", session=session)

    async def read(
        self, session: UUID, document: UUID, size: int, *, shown: bool = False
    ) -> AsyncIterator[bytes]:
        """The bytes of the original, or of the picture as it may be shown, block by block."""
        params = {"shown": str(shown).lower()}
        for number in range(-(-size // BLOCK_BYTES)):
            path = f"/documents/{document}/blocks/{number}"
            yield await self._api.send("GET", path, session=session, params=params, seconds=30)
