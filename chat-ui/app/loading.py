"""Fetches what several pages show."""

import asyncio
import contextlib
from uuid import UUID

from app.clients.types import DeletedChat
from app.errors import ParleyError
from app.services import Services
from app.views.chat import ChatView, view_chat
from app.views.documents import AttachPage, ChoicePage
from app.views.lists import ChatList, view_chats
from app.views.messages import Composer
from app.views.pages import HomePage
from app.views.problems import Problem
from app.views.recordings import RecordingsView
from app.views.room import Room

PAGE_SIZE = 30  # messages
LIST_SIZE = 30  # chats beside it


async def load_chat(
    services: Services,
    session: UUID,
    chat_id: UUID,
    *,
    before: UUID | None = None,
    at: UUID | None = None,
    editing: UUID | None = None,
    composer: Composer | None = None,
    problem: Problem | None = None,
    redirect_to_live: bool = True,
    deleted: UUID | None = None,
    stay: bool = False,
    notes: list[Problem] | None = None,
    recording: UUID | None = None,
) -> ChatView:
    """The chat with a page of its messages; NotFound if it is not this session's."""
    page = await services.chats.page(
        session, chat_id, before=before, at=editing or at, limit=PAGE_SIZE, beside=LIST_SIZE
    )
    limits = await services.limits.get()
    model = await services.model.find_name()
    if editing and composer is None:
        edited = next((m for m in page.messages.items if m.id == editing), None)
        composer = Composer(edited.content, replaces=editing) if edited else None
    recordings = None
    if services.settings.whisper_model:
        items = await services.recordings.list_all(session, chat_id)
        recordings = RecordingsView(chat_id, items)
        if recording and composer is None:
            composer = Composer(recordings.read(recording), recording=recording)
    reply_tokens = page.chat.reply_tokens or services.settings.reply_tokens
    return await view_chat(
        page.chat,
        view_chats(page.chats, chat_id),
        page.messages,
        page.documents,
        Room.beside(page.chat.system_prompt, reply_tokens, limits),
        services.settings.examples,
        model,
        redirect_to_live=redirect_to_live,
        composer=composer,
        problem=problem,
        editing=editing,
        deleted=await _find_deleted(services, session, deleted),
        stay=stay,
        document_bytes=limits.document_bytes,
        sees_pictures=bool(services.settings.vision_url),
        notes=notes or [],
        recordings=recordings,
    )


async def load_home(
    services: Services,
    session: UUID,
    *,
    composer: Composer | None = None,
    problem: Problem | None = None,
    deleted: UUID | None = None,
    stay: bool = False,
    notes: list[Problem] | None = None,
) -> HomePage:
    """The page that begins a chat; the name on it is empty if the session has none."""
    current, chats, limits, undo = await asyncio.gather(
        services.sessions.current(session),
        load_chats(services, session),
        services.limits.get(),
        _find_deleted(services, session, deleted),
    )
    usual = services.settings
    return HomePage(
        chats,
        current.name or "",
        current.expires_at,
        usual.examples,
        composer or Composer(),
        Room.beside(
            usual.system_prompt if current.system_prompt is None else current.system_prompt,
            current.reply_tokens or usual.reply_tokens,
            limits,
        ),
        limits.document_bytes,
        problem,
        undo,
        stay,
        notes or [],
    )


async def load_attach(
    services: Services, session: UUID, chat_id: UUID | None, composer: Composer
) -> AttachPage:
    """The form for files of a chat, or of one that they begin, with the message that was typed."""
    chat = await services.chats.get(session, chat_id) if chat_id else None
    chats, limits = await asyncio.gather(
        load_chats(services, session, chat_id), services.limits.get()
    )
    hears = bool(chat and services.settings.whisper_model)
    return AttachPage(chats, chat, composer, limits.document_bytes, hears)


async def load_choice(
    services: Services,
    session: UUID,
    chat_id: UUID | None,
    composer: Composer | None = None,
    problem: Problem | None = None,
) -> ChoicePage:
    """The form for files, and the documents that this chat doesn't have, or that a new one may
    begin with."""
    form, documents = await asyncio.gather(
        load_attach(services, session, chat_id, composer or Composer()),
        services.documents.list_newest(session),
    )
    others = [d for d in documents if d.is_readable and chat_id not in {c.id for c in d.chats}]
    return ChoicePage(**vars(form), documents=others, problem=problem)


async def _find_deleted(
    services: Services, session: UUID, chat_id: UUID | None
) -> DeletedChat | None:
    """The chat, if it can still be restored."""
    if chat_id is None:
        return None
    gone = await services.chats.list_deleted(session)
    return next((chat for chat in gone if chat.id == chat_id), None)


async def load_chats(
    services: Services, session: UUID, current: UUID | None = None, *, before: str | None = None
) -> ChatList:
    """The list beside every page; `before` pages back."""
    page = await services.chats.list_newest(session, before=before, limit=LIST_SIZE)
    return view_chats(page, current)


async def load_chats_if_possible(services: Services, session: UUID | None) -> ChatList | None:
    """The list beside a page: None without a session, or if it can't be read."""
    if session is None:
        return None
    with contextlib.suppress(ParleyError):
        return await load_chats(services, session)
    return None


async def find_deleted_if_possible(
    services: Services, session: UUID | None, chat_id: UUID
) -> DeletedChat | None:
    """The chat, if it can still be restored: None without a session, or if that can't be read."""
    if session is None:
        return None
    with contextlib.suppress(ParleyError):
        return await _find_deleted(services, session, chat_id)
    return None


async def load_name_limit(services: Services) -> int | None:
    """Characters of a name; None while db-api has never told it."""
    limits = await services.limits.find()
    return limits.name_characters if limits else None
