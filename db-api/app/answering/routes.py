"""Find what a reply is to be answered from, for runners."""

from fastapi import APIRouter

from app.answering.find import find_for_reply
from app.answering.schemas import FindPassages, PassagesFound
from app.errors import LeaseLost
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute
from app.web.runners import ReplyId

router = APIRouter(prefix="/replies", tags=["runners"], route_class=ThreadRoute)


@router.post(
    "/{reply_id}/passages",
    summary="Find what a reply is to be answered from",
    responses=problems(LeaseLost),
)
def find_reply_passages(
    reply_id: ReplyId, body: FindPassages, database: Db, settings: Config
) -> PassagesFound:
    """Searched in the chat's documents once; repeated, it answers the same. For a reply that is to
    be answered from documents or by their exact words."""
    with database.runner() as connection:
        return find_for_reply(connection, reply_id, body, context_size=settings.lm_context)
