"""A feed as server-sent events.

Each event's data is one JSON object. Blocks of a reply that are closed are sent once; only the
open one is sent again, so the work is linear in the reply's length however long it gets.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from markupsafe import Markup

from app.templating import Templates
from app.views.messages import view_item
from app.watching.feed import Feed, Item
from app.watching.hub import Hub

# Proxies and browsers give up on a silent stream; a comment keeps it alive.
KEEPALIVE_SECONDS = 15


@dataclass
class Seen:
    """What one watcher has been sent of one message."""

    version: int
    closed: int
    open: Markup


def format_event(event: str, **data: object) -> str:
    """One event in the format of the HTML standard, section 9.2."""
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def stream_events(
    hub: Hub, feed: Feed, since: int, last: UUID | None, templates: Templates
) -> AsyncIterator[str]:
    """Events for one watcher of a joined feed; leaves it at the end. `last` is the last message
    that the watcher shows."""
    seen: dict[UUID, Seen] = {}
    away = False
    try:
        while True:
            changed = feed.changed
            if feed.dismissed:
                return
            items = feed.items_after(since)
            if not feed.shows(last, items) or seen.keys() - {item.message.id for item in items}:
                yield format_event("moved")  # the chat shows another branch now
                return
            for item in items:
                for event in _tell(item, seen, templates):
                    yield event
            if feed.away != away:
                away = feed.away
                yield format_event("notice", away=away)
            if feed.ended:
                yield format_event("end")
                return
            try:
                await asyncio.wait_for(changed.wait(), KEEPALIVE_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"
    finally:
        hub.leave(feed)


def _tell(item: Item, seen: dict[UUID, Seen], templates: Templates) -> list[str]:
    """The events that bring a watcher from what it has seen to what there is."""
    message, known = item.message, seen.get(item.message.id)
    closed = len(item.markdown.closed) if item.markdown else 0
    open_block = item.markdown.open if item.markdown else Markup("")
    events = []
    if known is None or (known.version != item.version and not item.unfinished):
        html = templates.render("_message.html", view=view_item(item))
        events.append(format_event("message", id=str(message.id), html=html))
    else:
        if known.version != item.version:
            html = templates.render("_status.html", message=message)
            events.append(format_event("status", id=str(message.id), html=html))
        if item.markdown and (known.closed, known.open) != (closed, open_block):
            news = Markup("").join(item.markdown.closed[known.closed :])
            events.append(format_event("text", id=str(message.id), closed=news, open=open_block))
    seen[message.id] = Seen(item.version, closed, open_block)
    return events
