"""A document's file, sent as it was uploaded: a stranger's bytes under our address."""

from typing import Any
from uuid import UUID

from fastapi.responses import StreamingResponse

from app.downloads import attachment
from app.errors import NotFound
from app.services import Services

# Never a page, a script or a form.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'"
SAFE = {"Content-Security-Policy": f"{NOTHING}; frame-ancestors 'none'"}
# A PDF is shown beside its text, in a frame of its page and of no other.
FRAMED = {"Content-Security-Policy": f"{NOTHING}; frame-ancestors 'self'"}
TYPES = {
    "pdf": "application/pdf",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "text": "text/plain",
    "markdown": "text/markdown",
}
# What the OpenAPI document says of it.
FILE: dict[int | str, dict[str, Any]] = {200: {"content": {each: {} for each in TYPES.values()}}}
ENDINGS = {"pdf": "pdf", "jpeg": "jpg", "png": "png", "text": "txt", "markdown": "md"}


async def send_original(
    services: Services, session: UUID, document_id: UUID, *, shows_pdf: bool
) -> StreamingResponse:
    """Block by block; NotFound if there is none. It is to be saved, but a PDF may be shown."""
    document = await services.documents.get(session, document_id)
    if document.kind not in TYPES:
        raise NotFound  # a recording, which is kept for its words
    pieces = services.documents.read(session, document_id, document.size)
    stem = document.name.removesuffix(f".{ENDINGS[document.kind]}")
    is_shown = shows_pdf and document.kind == "pdf"
    named = attachment(stem, ENDINGS[document.kind], inline=is_shown)
    headers = (FRAMED if is_shown else SAFE) | named | {"Content-Length": str(document.size)}
    return StreamingResponse(pieces, media_type=TYPES[document.kind], headers=headers)
