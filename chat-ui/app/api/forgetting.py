"""Deletes what is not to be stored, once it has been delivered."""

import asyncio
from uuid import UUID

from app.api.caller import Caller
from app.clients.types import Message
from app.errors import ParleyError, Unavailable
from app.services import Services

LOOK_SECONDS = 0.1

_forgetting: set[asyncio.Task[None]] = set()  # tasks are kept by nobody else


def forget_later(services: Services, caller: Caller, reply: Message) -> None:
    """The connection may be gone, and with it whoever could wait for this."""
    task = asyncio.create_task(_forget(services, caller.session, reply.chat_id))
    _forgetting.add(task)
    task.add_done_callback(_forgetting.discard)


async def _forget(services: Services, session: UUID, chat: UUID) -> None:
    """However long db-api is away."""
    while True:
        try:
            await services.chats.remove(session, chat)
            return
        except Unavailable:
            await asyncio.sleep(LOOK_SECONDS)
        except ParleyError:
            return  # it is gone
