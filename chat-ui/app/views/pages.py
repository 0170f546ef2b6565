"""Whole pages."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from app import preferences
from app.clients.document_types import Document
from app.clients.types import (
    MODES,
    Chat,
    DeletedChat,
    Message,
    MessagePage,
    Mode,
    Prompt,
    ReplyPrompt,
)
from app.model_settings import ModelSettings
from app.preferences import Preferences
from app.views.documents import offer_pictures, tick_new
from app.views.lists import ChatList
from app.views.messages import Composer, MessageView, make_key, view_messages
from app.views.problems import Problem
from app.views.recordings import RecordingsView
from app.views.room import Room


@dataclass(frozen=True)
class WelcomePage:
    """`welcome.html`: who has no name yet. `name_limit`, in characters, is None while db-api has
    never told it."""

    username: str
    name_limit: int | None
    problem: Problem | None = None


@dataclass(frozen=True)
class HomePage:
    """`home.html`: a form that begins a chat. `deleted` is a chat that was deleted just now; with
    `stay`, restoring it leads back here; `notes` are about files that could not be taken."""

    chats: ChatList
    name: str
    expires_at: datetime
    examples: list[str]
    composer: Composer
    room: Room
    document_bytes: int
    problem: Problem | None = None
    deleted: DeletedChat | None = None
    stay: bool = False
    notes: list[Problem] = field(default_factory=list)

    action = "/chats"
    upload = "/chats/new/documents"
    in_place = False


@dataclass(frozen=True)
class ChatsPage:
    """`chats.html`: a page of the list. `first`: not paged back."""

    chats: ChatList
    first: bool


@dataclass(frozen=True)
class ChatView:
    """`chat.html`. `model` is who writes its replies, if that is known; `editing` is the message
    that is a form; `deleted` another chat that was deleted just now; with `stay`, restoring it
    leads back to this one; `notes` are about files that were uploaded just now, `document_bytes` is
    the most that one may have. `recordings` are None where nothing transcribes them."""

    chat: Chat
    chats: ChatList
    messages: list[MessageView]
    earlier: UUID | None
    newest: bool  # it ends where the chat ends, so one can write
    shown: bool  # it is the branch that the chat shows
    redirect_to_live: bool  # scriptless browsers are led to the live page while a reply is to come
    composer: Composer
    documents: list[Document]
    room: Room
    examples: list[str]
    document_bytes: int
    model: str | None = None
    problem: Problem | None = None
    editing: UUID | None = None
    deleted: DeletedChat | None = None
    stay: bool = False
    notes: list[Problem] = field(default_factory=list)
    recordings: RecordingsView | None = None

    in_place = True  # a script sends the form and shows what comes

    @property
    def action(self) -> str:
        """Where the form leads."""
        return f"/generate/{self.chat.id}"

    @property
    def upload(self) -> str:
        """Where files are uploaded to."""
        return f"/chats/{self.chat.id}/documents"

    @property
    def live(self) -> bool:
        """Whether a reply is still to come."""
        return any(view.reply and not view.reply.final for view in self.messages)


async def view_chat(
    chat: Chat,
    chats: ChatList,
    page: MessagePage,
    documents: list[Document],
    room: Room,
    examples: list[str],
    model: str | None,
    *,
    document_bytes: int,
    sees_pictures: bool = False,
    redirect_to_live: bool = True,
    composer: Composer | None = None,
    problem: Problem | None = None,
    editing: UUID | None = None,
    deleted: DeletedChat | None = None,
    stay: bool = False,
    notes: list[Problem],
    recordings: RecordingsView | None = None,
) -> ChatView:
    """A chat with one page of its messages. Where a model `sees_pictures`, they are offered,
    and those that came since the last message are ticked."""
    last = page.items[-1] if page.items else None
    offered = offer_pictures(documents)
    composer = composer or Composer()
    ticked = tick_new(offered, last) if composer.ticked is None else composer.ticked
    newest = page.shown and not page.later
    return ChatView(
        chat=chat,
        chats=chats,
        messages=await view_messages(page.items, ends=newest),
        earlier=page.earlier,
        newest=newest,
        shown=page.shown,
        redirect_to_live=redirect_to_live
        and not (problem or editing or deleted or notes or composer.prompt),
        composer=replace(
            composer,
            seen=last.id if last else None,
            mode=composer.mode or choose_mode(chat) if documents else None,
            offered=offered,
            ticked=ticked,
            sees_pictures=sees_pictures,
        ),
        documents=documents,
        room=room,
        examples=examples,
        document_bytes=document_bytes,
        model=model,
        problem=problem,
        editing=editing,
        deleted=deleted,
        stay=stay,
        notes=notes,
        recordings=recordings,
    )


def choose_mode(chat: Chat) -> Mode:
    """How the next message of a chat with documents is answered, unless its sender says more."""
    return next((mode for mode in MODES if mode == chat.mode), "documents")


@dataclass(frozen=True)
class MessageDetails:
    """`message.html`: one message as it was written, with all that is known about it."""

    chat: Chat
    chats: ChatList
    message: Message

    @property
    def key(self) -> str:
        """Of the button that asks for another version."""
        return make_key(self.message)


@dataclass(frozen=True)
class ChatSettings:
    """`chat_settings.html`: a chat's own settings as typed."""

    chat: Chat
    chats: ChatList
    title: str
    fields: ModelSettings
    problem: Problem | None = None


@dataclass(frozen=True)
class PromptPage:
    """`prompt.html`: what the model gets. `exact` and `tokens` are None while it is away."""

    chat: Chat
    chats: ChatList
    prompt: Prompt
    exact: str | None
    tokens: int | None


@dataclass(frozen=True)
class ReplyPromptPage:
    """`reply_prompt.html`: what the model got for a reply, rebuilt; `sha256` is of that. `exact`
    is None if its model can't be asked for it."""

    chat: Chat
    chats: ChatList
    reply: UUID
    prompt: ReplyPrompt
    exact: str | None
    sha256: str

    @property
    def is_known(self) -> bool:
        """Whether it was recorded what the model got."""
        return self.prompt.sha256 is not None

    @property
    def is_same(self) -> bool:
        """Whether nothing of it was changed since."""
        return self.prompt.sha256 == self.sha256


@dataclass(frozen=True)
class SettingsPage:
    """`settings.html`. `expires_at` and `fields`, the settings of new chats, are None for who has
    no session yet; `name_limit`, in characters, while db-api has never told it."""

    chats: ChatList
    name: str
    expires_at: datetime | None = None
    deleted: list[DeletedChat] = field(default_factory=list)
    problem: Problem | None = None
    saved: bool = False
    chosen: Preferences = field(default_factory=preferences.current)
    fields: ModelSettings | None = None
    name_limit: int | None = None


@dataclass(frozen=True)
class KeysPage:
    """`keys.html`. `chats` are None where there is no session, or they can't be read."""

    chats: ChatList | None


@dataclass(frozen=True)
class LivePage:
    """`live_head.html`, the beginning of the live page."""

    chat: Chat
