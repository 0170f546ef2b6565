"""A feed as server-sent events.

Each event's data is one JSON object. Blocks of a reply that are closed are sent once; only the
open one is sent again, so the work is linear in the reply's length however long it gets.
"""

import json
from collections.abc import AsyncGenerator
from uuid import UUID

from markupsafe import Markup

from app.templating import Templates
from app.views.messages import MessageView
from app.watching.feed import Feed
from app.watching.hub import Hub
from app.watching.snapshot import RenderedMessage, Seen

# Proxies and browsers give up on a silent stream; a comment keeps it alive.
KEEPALIVE_SECONDS = 15


def format_event(event: str, **data: object) -> bytes:
    """One event in the format of the HTML standard, section 9.2."""
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


async def stream_events(
    hub: Hub, feed: Feed, since: int, last: UUID | None, templates: Templates
) -> AsyncGenerator[bytes, None]:
    """Events for one watcher of a joined feed; leaves it at the end. `last` is the last message
    that the watcher shows."""
    seen: dict[UUID, Seen] = {}
    away = False
    try:
        while not feed.dismissed:
            snapshot = feed.snapshot
            branch = snapshot.after(since)
            gone = seen.keys() - {shown.message.id for shown in branch}
            if gone or not snapshot.leads_through(last, branch):
                yield format_event("moved")  # the chat shows another branch now
                return
            for shown in branch:
                if events := _tell(shown, seen, templates):
                    yield events
            if snapshot.away != away:
                away = snapshot.away
                yield format_event("notice", away=away)
            if snapshot.ended:
                yield format_event("end")
                return
            if not await feed.wait(snapshot, KEEPALIVE_SECONDS):
                yield b": still here\n\n"
    finally:
        hub.leave(feed)


def _tell(shown: RenderedMessage, seen: dict[UUID, Seen], templates: Templates) -> bytes:
    """The events that bring a watcher from what it has seen to what is shown."""
    known = seen.get(shown.message.id)
    if known not in shown.events:
        shown.events[known] = _make_events(shown, known, templates)
    open_block = shown.open or Markup("")
    seen[shown.message.id] = Seen(shown.version, len(shown.closed), open_block, shown.calls)
    return shown.events[known]


def _make_events(shown: RenderedMessage, known: Seen | None, templates: Templates) -> bytes:
    message = shown.message
    if (
        known is None
        or known.calls != shown.calls
        or (known.version != shown.version and not shown.unfinished)
    ):
        view = MessageView(message, Markup("").join(shown.closed), shown.open)
        return format_event("message", id=str(message.id), html=templates.message(view))
    events = b""
    if known.version != shown.version:
        html = templates.render("_status.html", message=message)
        events += format_event("status", id=str(message.id), html=html)
    if (known.closed, known.open) != (len(shown.closed), shown.open or ""):
        news = Markup("").join(shown.closed[known.closed :])
        events += format_event("text", id=str(message.id), closed=news, open=shown.open or "")
    return events
