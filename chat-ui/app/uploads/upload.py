"""Passes the files of a form on to db-api, in blocks. A refused one loses none of the others."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request

from app.clients.document_types import KeptDocument
from app.clients.documents import BLOCK_BYTES, DocumentsClient
from app.errors import (
    FileKindRefused,
    InvalidInput,
    ParleyError,
    StorageFull,
    TooLarge,
    Unavailable,
    UploadFailed,
)
from app.turns import take_another
from app.uploads.multipart import FormFiles
from app.views.problems import Problem

# What is wrong with one file, or with this moment. Anything else is wrong with the whole request.
OF_ONE_FILE = (TooLarge, StorageFull, FileKindRefused, UploadFailed, Unavailable)


@dataclass
class UploadReport:
    """What is to be said of files: those that were not taken, and those that were here before. The
    status is that of the first refusal; `kept` are the documents that were taken, or here. `fields`
    are those of the form that are no files."""

    notes: list[Problem] = field(default_factory=list)
    status: int = 200
    kept: list[UUID] = field(default_factory=list)
    fields: FormData = field(default_factory=FormData)

    def refuse(self, error: ParleyError, **facts: int | str) -> None:
        """It was not taken."""
        self.notes.append(Problem(error.kind, {**error.facts, **facts}))
        if self.status == 200:
            self.status = error.status


async def upload_files(
    request: Request,
    documents: DocumentsClient,
    session: UUID,
    chat: UUID | None,
    size: int | None = None,
) -> UploadReport:
    """Every file of the form becomes a document of the chat, or of the library. `size` is that of
    a form's only file, if it is known beforehand: then it may be refused before it is read."""
    report, found, form = UploadReport(), False, FormFiles(request)
    async for name, pieces in form:
        found = True
        try:
            async with take_another(request):
                upload = await documents.begin_upload(session, size)
            kept = await _upload(documents, session, chat, name, upload, pieces)
            report.kept.append(kept.id)
            if kept.repeated:
                facts: dict[str, int | str] = {"file": name, "kept": kept.name}
                facts["place"] = "chat" if chat else "library"
                if not kept.is_readable:
                    facts["unreadable"] = 1
                report.notes.append(Problem("file-repeated", facts))
        except OF_ONE_FILE as error:
            report.refuse(error, file=name)
            if size is not None:
                return report  # and read no more of it
    report.fields = FormData(form.fields)
    if not found and not report.fields.get("cancel"):
        report.refuse(InvalidInput("no-file"))
    return report


async def _upload(
    documents: DocumentsClient,
    session: UUID,
    chat: UUID | None,
    name: str,
    upload: UUID,
    pieces: AsyncIterator[bytes],
) -> KeptDocument:
    hashed, sent, number = sha256(), 0, 0
    try:
        async for block in _cut_blocks(pieces):
            hashed.update(block)
            await documents.put_block(session, upload, number, block)
            sent, number = sent + len(block), number + 1
        digest = hashed.hexdigest()
        return await documents.complete_upload(session, upload, name, sent, digest, chat)
    except BaseException:
        # Whoever sent it may be gone. What can't be cancelled now, db-api deletes in some minutes.
        with contextlib.suppress(ParleyError):
            await documents.cancel_upload(session, upload)
        raise


async def _cut_blocks(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    block = bytearray()
    async for piece in pieces:
        block += piece
        while len(block) >= BLOCK_BYTES:
            yield bytes(block[:BLOCK_BYTES])
            del block[:BLOCK_BYTES]
    if block:
        yield bytes(block)
