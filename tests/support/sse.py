"""Reads server-sent events: Parley's own, and those in which llama.cpp streams a completion."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

import httpx
from httpx_sse import EventSource, ServerSentEvent

Event = tuple[str, Any]  # its name ("message" if it has none) and its data, decoded

DONE = "[DONE]"  # what OpenAI's protocol ends a stream with instead of JSON


def read_events(response: httpx.Response) -> Iterator[Event]:
    """The events of an open stream, as they come. An event that is cut off is not one."""
    for event in EventSource(response).iter_sse():
        if _has_data(event):
            yield event.event, event.json()


async def aread_events(response: httpx.Response) -> AsyncGenerator[Event, None]:
    """The same from an asynchronous client."""
    async with aclosing(EventSource(response).aiter_sse()) as events:
        async for event in events:
            if _has_data(event):
                yield event.event, event.json()


def _has_data(event: ServerSentEvent) -> bool:
    return event.data not in ("", DONE)
