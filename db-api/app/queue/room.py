"""Whether one more reply may be queued: of a chat, of a session, of all; and be asked for."""

from app.db.base import AnyRow
from app.errors import LimitReached, QueueFull
from app.limits import Quotas
from app.usage.repository import check_taken
from app.usage.schemas import Room

# One row, for a FROM clause.
UNFINISHED = "count_unfinished(:chat_id) AS unfinished"


def check_room(unfinished: AnyRow, quotas: Quotas) -> None:
    """Raises ChatsFull, LimitReached or QueueFull; the latter two say when to try again. For the
    queue that is when about a tenth of it has passed. It is bounded, or a reply promised now might
    come tomorrow; a session's part of it, or one could fill it; and a chat's, whose replies wait
    for each other. ``unfinished.taken`` is what TAKE answered; what is left is told with each."""
    check_taken(unfinished.taken)
    room = Room.of(unfinished.taken, refused=True).model_dump()
    seconds = min(max((unfinished.wait_ms or 0) // 10_000, 5), 600)
    if unfinished.of_chat >= quotas.chat_replies:
        what, limit = "chat-replies", quotas.chat_replies
        raise LimitReached(what=what, limit=limit, retry_after=seconds, room=room)
    if unfinished.of_session >= quotas.session_replies:
        what, limit = "session-replies", quotas.session_replies
        raise LimitReached(what=what, limit=limit, retry_after=seconds, room=room)
    if unfinished.queued >= quotas.queued_replies:
        raise QueueFull(limit=quotas.queued_replies, retry_after=seconds, room=room)
