"""A feed as a page that grows by appending, for browsers without JavaScript.

Nothing sent can be changed any more, so a reply's text comes as plain text, status lines before
it. At the end the page leads back to the rendered chat by itself.
"""

import asyncio
from collections.abc import AsyncIterator

from markupsafe import escape

from app.templating import Templates
from app.views.pages import LivePage
from app.watching.events import KEEPALIVE_SECONDS
from app.watching.feed import Feed, Item
from app.watching.hub import Hub


async def stream_growing_page(
    hub: Hub, feed: Feed, since: int, page: LivePage, templates: Templates
) -> AsyncIterator[str]:
    """The page for one watcher of a joined feed; leaves it at the end."""
    try:
        yield templates.render("live_head.html", page=page)
        told: set[int] = set()
        while True:
            changed = feed.changed
            if feed.dismissed:
                break
            current = next((i for i in feed.items_after(since) if i.message.seq not in told), None)
            if current is None:
                if feed.ended:
                    break
                await _wait(changed)
                continue
            told.add(current.message.seq)
            async for piece in _tell(feed, current, templates):
                yield piece
        yield templates.render("live_foot.html", page=page)
    finally:
        hub.leave(feed)


async def _tell(feed: Feed, item: Item, templates: Templates) -> AsyncIterator[str]:
    """One message from beginning to end."""
    yield templates.render("_live_message.html", message=item.message)
    shown, status = 0, ""
    while True:
        changed = feed.changed
        if shown < len(item.text):
            yield str(escape(item.text[shown:]))
            shown = len(item.text)
        if not item.unfinished or feed.ended or feed.dismissed:
            break
        line = templates.render("_live_status.html", message=item.message, away=feed.away)
        if shown == 0 and line != status:
            status = line
            yield line
        if not await _wait(changed):
            yield "<!-- -->"  # keeps the connection alive
    yield templates.render("_live_end.html", message=item.message)


async def _wait(changed: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(changed.wait(), KEEPALIVE_SECONDS)
    except TimeoutError:
        return False
    return True
