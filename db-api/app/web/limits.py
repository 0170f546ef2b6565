"""The limits, for those who want to know them beforehand."""

from fastapi import APIRouter

from app.limits import Limits
from app.web.deps import Config
from app.web.openapi import problems

router = APIRouter(tags=["limits"])


@router.get("/limits", summary="Read the limits", responses=problems())
async def read_limits(settings: Config) -> Limits:
    """What db-api accepts. It refuses anything else with 413 or 422, size and limit."""
    return Limits(
        message_bytes=settings.message_limit,
        reply_tokens=settings.lm_max_tokens,
        context_tokens=settings.lm_context,
        document_bytes=settings.document_limit,
        document_pages=settings.document_pages,
        documents_bytes=settings.documents_quota,
        streams=settings.quotas.streams,
    )
