"""The page that grows without JavaScript: what stands in it while a reply is written."""

import asyncio
from typing import Any

import pytest
from app.clients.types import Chat, Reply
from app.clients.updates import ReplyUpdate
from app.errors import NotFound
from app.templating import Templates
from app.views.pages import LivePage
from app.watching.live_page import stream_live_page

from tests.chat_ui.feeds import CHAT, OWNER, REPLY, SENT, connect, grown, patient, templates, told

__all__ = ["patient", "templates"]

pytestmark = pytest.mark.anyio

LIVE = LivePage(Chat.model_construct(id=CHAT, title="A chat"))


async def test_the_live_page_says_what_a_reply_waits_for_before_its_text_and_where_that_breaks_off(
    templates: Templates,
) -> None:
    hub, _ = connect(told(idle=True))
    hub.attach_writer(CHAT, grown(""))
    hub.expect(OWNER, CHAT, SENT)
    feed = await hub.join(OWNER, CHAT, 0)
    page = stream_live_page(hub, feed, 0, LIVE, templates)

    async def see_next() -> str:
        return await anext(page)

    def say(**now: Any) -> None:
        hub.publish(
            CHAT, ReplyUpdate(reply=Reply(id=REPLY, **({"state": "running"} | now)), steps=[])
        )

    for piece in ("<!doctype html>", "You", "Hi", "</article>", "<article", "Thinking…"):
        assert piece in await see_next()
    coming = asyncio.create_task(see_next())
    for _ in range(10):
        feed.watchers.notify()  # nothing is new
        await asyncio.sleep(0)
    hub.publish(CHAT, grown("one"))
    assert [await coming, await see_next()] == ["<span></span>", "one"]
    say(phase="reading", prompt_tokens=10)
    coming = asyncio.create_task(see_next())
    await asyncio.sleep(0)
    hub.publish(CHAT, grown("one two"))
    assert await coming == " two"
    feed.state.away = True
    feed.presenter.present()
    assert "Connection lost" in await see_next()
    say(state="queued")
    assert "Queued" in await see_next()
    hub.publish(CHAT, grown("one two three", "complete"))
    assert [piece async for piece in page][:2] == ["<span></span>", " three"]


@pytest.mark.parametrize("gone", [True, False])
async def test_the_live_page_ends_when_the_chat_is_gone_and_when_this_copy_stops(
    templates: Templates, gone: bool
) -> None:
    hub, _ = connect(told(grown("")), NotFound() if gone else told(grown("")))
    feed = await hub.join(OWNER, CHAT, 0)
    page = stream_live_page(hub, feed, 1, LIVE, templates)
    for _ in range(3):
        await anext(page)
    if not gone:
        hub.close()
    *_, end, foot = [piece async for piece in page]
    assert ("</article>" in end, "</html>" in foot) == (True, True)
