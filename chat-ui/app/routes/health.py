"""Health for operators: is the process alive, and can it serve chats?"""

from fastapi import APIRouter
from pydantic import BaseModel

from app.services import Ask

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """A service's state in one word."""

    status: str = "ok"


class Pulse(Health):
    """And the longest that its event loop stood still, and computed, in the last five to ten
    seconds."""

    longest_pause_ms: float
    longest_work_ms: float


@router.get("/health", summary="The process is alive")
async def check_health(services: Ask) -> Pulse:
    """Answers without asking any other service."""
    pauses = services.pauses
    return Pulse(
        longest_pause_ms=round(pauses.longest * 1000, 1),
        longest_work_ms=round(pauses.busiest * 1000, 1),
    )


@router.get(
    "/ready",
    summary="Chats can be served",
    responses={503: {"description": "db-api or its database does not answer."}},
)
async def check_ready(services: Ask) -> Health:
    """The language model need not be there: pages work, and replies wait for it."""
    await services.sessions.check_ready()
    return Health()
