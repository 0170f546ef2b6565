"""Health for operators: is the process alive, and can it serve chats?"""

from fastapi import APIRouter
from pydantic import BaseModel

from app.errors import NotFound
from app.services import AppServices

router = APIRouter(tags=["health"])


class Ready(BaseModel):
    """A service's state in one word."""

    status: str = "ok"


class Health(Ready):
    """With the longest that its event loop could not run, and computed itself, in the last five to
    ten seconds."""

    event_loop_lag_ms: float
    event_loop_busy_ms: float


@router.get("/health", summary="The process is alive")
async def check_health(services: AppServices) -> Health:
    """Answers without asking any other service."""
    lag = services.lag
    return Health(
        event_loop_lag_ms=round(lag.longest * 1000, 1),
        event_loop_busy_ms=round(lag.busiest * 1000, 1),
    )


@router.get(
    "/ready",
    summary="Chats can be served",
    responses={
        404: {"description": "Only the private network is told."},
        503: {"description": "db-api or its database does not answer."},
    },
)
async def check_ready(services: AppServices) -> Ready:
    """The language model need not be there: pages work, and replies wait for it. For the private
    network: it is there with `TIMINGS=on`, and nginx passes it on only if it has that, too."""
    if services.settings.timings == "off":
        raise NotFound
    await services.sessions.check_ready()
    return Ready()
