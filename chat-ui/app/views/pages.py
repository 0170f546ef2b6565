"""Whole pages, but for that of a chat, which is in `chat.py`."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from app import preferences
from app.clients.prompt_types import Prompt, PromptMessage, ReplyPrompt
from app.clients.template_marks import neutralise_message
from app.clients.types import Chat, DeletedChat, Limits, Message, Scope, Token
from app.model_settings import ModelSettings
from app.preferences import Preferences
from app.views.lists import ChatList
from app.views.messages import Composer, make_key
from app.views.problems import Problem
from app.views.room import Room


@dataclass(frozen=True)
class WelcomePage:
    """`welcome.html`: who has no name yet. `name_limit`, in characters, is None while db-api has
    never told it. `left` is how the session before has just ended."""

    username: str
    name_limit: int | None
    problem: Problem | None = None
    left: str = ""


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
    """`prompt.html`: what the model gets; `messages` and `last_question` are as they are sent.
    `exact` and `tokens` are None while it is away."""

    chat: Chat
    chats: ChatList
    prompt: Prompt
    exact: str | None
    tokens: int | None

    @property
    def messages(self) -> list[PromptMessage]:
        """In the prompt, oldest first."""
        return list(map(neutralise_message, self.prompt.messages))

    @property
    def last_question(self) -> PromptMessage | None:
        """With the passages that later prompts don't have; None if there were none."""
        question = self.prompt.last_question
        return question and neutralise_message(question)

    @property
    def is_neutralised(self) -> bool:
        """Whether the model gets something otherwise than it was written."""
        return (self.messages, self.last_question) != (
            self.prompt.messages,
            self.prompt.last_question,
        )


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
    def messages(self) -> list[PromptMessage]:
        """As they are sent, oldest first."""
        return list(map(neutralise_message, self.prompt.messages))

    @property
    def is_neutralised(self) -> bool:
        """Whether the model got something otherwise than it was written."""
        return self.messages != self.prompt.messages

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
class TokensPage:
    """`tokens.html`, with what was typed if that could not be taken. `made` is the token that was
    made just now; nobody can read it again."""

    chats: ChatList
    tokens: list[Token]
    limits: Limits
    made: str | None = None
    name: str = ""
    days: str = ""
    scopes: tuple[Scope, ...] = ("chat",)
    problem: Problem | None = None

    def is_over(self, token: Token) -> bool:
        """Whether it has expired; it is listed for a day."""
        return token.expires_at <= datetime.now(UTC)


@dataclass(frozen=True)
class KeysPage:
    """`keys.html`. `chats` are None where there is no session, or they can't be read."""

    chats: ChatList | None


@dataclass(frozen=True)
class LivePage:
    """`live_head.html`, the beginning of the live page."""

    chat: Chat


# On which a root certificate is trusted, by the name in the page's address.
SYSTEMS = {
    "windows": "Windows",
    "macos": "macOS",
    "ios": "iPhone and iPad",
    "android": "Android",
    "linux": "Linux",
    "firefox": "Firefox",
}


@dataclass(frozen=True)
class CertificatePage:
    """`certificate.html`: all systems, or the steps on one of them."""

    system: str | None = None

    systems = SYSTEMS
