"""A feed as a page that grows by appending, for browsers without JavaScript.

Nothing sent can be changed any more, so a reply's text comes as plain text. Status lines come
before it and where it is interrupted. At the end the page leads back to the rendered chat.
"""

from collections.abc import AsyncIterator
from uuid import UUID

from markupsafe import escape

from app.templating import Templates
from app.views.pages import LivePage
from app.watching.events import KEEPALIVE_SECONDS
from app.watching.feed import Feed
from app.watching.hub import Hub
from app.watching.snapshot import RenderedMessage


async def stream_live_page(
    hub: Hub, feed: Feed, since: int, page: LivePage, templates: Templates
) -> AsyncIterator[str]:
    """The page for one watcher of a joined feed; leaves it at the end."""
    try:
        yield templates.render("live_head.html", page=page)
        told: set[UUID] = set()
        while not feed.dismissed:
            snapshot = feed.snapshot
            branch = snapshot.after(since)
            current = next((shown for shown in branch if shown.message.id not in told), None)
            if current is None:
                if snapshot.ended:
                    break
                await feed.wait(snapshot, KEEPALIVE_SECONDS)
                continue
            told.add(current.message.id)
            async for piece in _tell(feed, current, templates):
                yield piece
        yield templates.render("live_foot.html", page=page)
    finally:
        hub.leave(feed)


async def _tell(feed: Feed, current: RenderedMessage, templates: Templates) -> AsyncIterator[str]:
    """One message from beginning to end."""
    yield templates.render("_live_message.html", message=current.message)
    told, status, called = 0, "", 0
    while True:
        snapshot = feed.snapshot
        current = snapshot.messages.get(current.message.id, current)
        calls = current.message.reply.calls if current.message.reply else []
        for call in calls[called:]:
            if call.result is None and current.unfinished:
                break
            if status:
                yield "<span></span>"  # hides it
            yield templates.render("_call.html", call=call, final=True)
            called, status = called + 1, ""
        if told < len(current.text):
            if status:
                yield "<span></span>"  # hides it
            yield str(escape(current.text[told:]))
            told, status = len(current.text), ""
        if not current.unfinished or snapshot.ended or feed.dismissed:
            break
        line = templates.render(
            "_live_status.html", message=current.message, away=snapshot.away, within=told > 0
        )
        if line != status and (told == 0 or snapshot.away or _is_interrupted(current)):
            status = line
            yield line
        if not await feed.wait(snapshot, KEEPALIVE_SECONDS):
            yield "<!-- -->"  # keeps the connection alive
    yield templates.render("_live_end.html", message=current.message)


def _is_interrupted(shown: RenderedMessage) -> bool:
    """Whether nobody writes it at the moment."""
    return shown.message.reply is not None and shown.message.reply.state == "queued"
