"""Begins chats in which nobody has written yet."""

from uuid import UUID

from app.services import Services


async def begin_chat(services: Services, session: UUID, username: str | None = None) -> UUID:
    """Under this name, or else the session's own."""
    if username is None:
        username = (await services.sessions.current(session)).name or ""
    usual = services.settings
    chat = await services.chats.create(
        session, username, usual.system_prompt, usual.opening_message
    )
    return chat.id
