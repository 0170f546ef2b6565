"""What db-api says of sessions, chats, messages and replies, as typed objects.

Each class has the name and the field names of a schema in db-api's OpenAPI document; a test holds
them to it. Documents are in `document_types.py`, prompts in `prompt_types.py`. Followers get what
is in `updates.py`, the runner what is in `queue_types.py`.
"""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict

Role = Literal["user", "assistant"]
State = Literal["queued", "running", "complete", "stopped", "failed"]
FinalState = Literal["complete", "stopped", "failed"]
Phase = Literal["waiting", "reading", "writing"]
Mode = Literal["free", "documents", "exact"]
Saw = Literal["picture", "text", "nothing"]
ErrorKind = Literal["model-broke", "model-refused", "prompt-too-long", "crashed", "reply-limit"]

Scope = Literal["chat", "read", "documents"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
MODES: tuple[Mode, ...] = get_args(Mode)
FINAL: frozenset[State] = frozenset(get_args(FinalState))


class Received(BaseModel):
    """Base of everything received: immutable, and tolerant of fields added later."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Limits(Received):
    """What db-api accepts at most. `temperature`, `reply_tokens` and `turns` are the highest
    settings; `token_days` is the longest life of a token; `context_tokens` is what the model can
    see at once, its reply included; `document_bytes` are those of one document,
    `documents_bytes` of all that a session has; `streams` are what a session may watch at once
    here."""

    name_characters: int
    title_characters: int
    system_prompt_characters: int
    message_bytes: int
    reply_tokens: int
    context_tokens: int
    temperature: int
    turns: int
    token_days: int
    document_bytes: int
    document_pages: int
    document_name_characters: int
    documents_bytes: int
    streams: int


class Export(Received):
    """An export that is being sent."""

    id: UUID


class Token(Received):
    """A token that was not revoked. Its last use is told to the minute."""

    id: UUID
    name: str
    scopes: list[Scope]
    expires_at: datetime
    last_used_at: datetime | None


class Tokens(Received):
    """The newest first."""

    items: list[Token]


class TokenUse(Received):
    """Whom a live token acts for, and what it may do."""

    session_id: UUID
    scopes: list[Scope]


class Session(Received):
    """A browser's session; the cookie holds its id. New chats begin with its settings; None is
    the default."""

    id: UUID
    name: str | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    reply_tokens: int | None = None
    turns: int | None = None
    tools: bool | None = None
    expires_at: datetime


class Chat(Received):
    """A chat without its messages. `temperature`, `reply_tokens`, `turns` and `tools`: None
    is the default; `mode` is how its last question was to be answered, if that was said."""

    id: UUID
    username: str
    title: str | None
    pinned: bool = False
    system_prompt: str
    temperature: float | None = None
    reply_tokens: int | None = None
    turns: int | None = None
    tools: bool | None = None
    mode: str | None = None
    created_at: datetime
    updated_at: datetime
    head: UUID | None
    context_start: UUID | None


class ListedChat(Chat):
    """A chat in a list. `writing`: a reply in it is queued or being written."""

    writing: bool = False


class ChatPage(Received):
    """Newest first; `next` is what to pass as `before` for the page after this one."""

    items: list[ListedChat]
    next: str | None


class DeletedChat(Received):
    """A chat that can be restored for a day; `documents` went with it."""

    id: UUID
    title: str | None
    deleted_at: datetime
    documents: int = 0


class DeletedChats(Received):
    """The one deleted last first."""

    items: list[DeletedChat]


class ReplyError(Received):
    """Why a reply failed or was cut. `size` and `limit` are tokens of a message that is too long by
    itself. `detail` is only given for
    "unknown": what an earlier version of Parley stored."""

    kind: ErrorKind | Literal["unknown"]
    size: int | None = None
    limit: int | None = None
    detail: str | None = None

    @property
    def percent_over(self) -> int | None:
        """How much of a message to remove, so that a short reply fits, too; None unless the message
        alone is too long."""
        if self.size is None or self.limit is None:
            return None
        return 100 - 100 * self.limit // self.size + 1


class Quote(Received):
    """The source of a sentence of a reply, which is its text from `start` up to `end`: words of a
    document, from `quote_start` up to `quote_end` on that page. Without a page it has none, and
    without a document that has been deleted; without a sentence these words only come near what
    was asked."""

    start: int | None
    end: int | None
    document_id: UUID | None
    document: str | None
    page: int | None
    quote_start: int | None
    quote_end: int | None
    text: str | None


class Picture(Received):
    """A picture that was sent with a message; None: it was deleted."""

    document_id: UUID | None
    name: str | None


class ToolCall(Received):
    """A tool that the model called: `arguments` as it wrote them. Without a tool it can't be read;
    without a result it is running, or was interrupted by the reply's end. `failed`: the result says
    why there is none."""

    tool: str
    arguments: str
    result: str | None = None
    failed: bool = False


class Reply(Received):
    """The life of one assistant message; its id is the message's id. `found`: whether the documents
    answer it; `unread_pages` of them had not been read then. `saw`: how the model got the pictures
    of the messages, if there are some; `pictures` are those of the question, once it is final.
    `cached`: it is an earlier answer to exactly the same. `calls` of tools come before its words.
    """

    id: UUID
    state: State
    phase: Phase | None = None
    queue_position: int | None = None
    wait_ms: int | None = None
    stop_requested: bool = False
    error: ReplyError | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    prompt_tokens_read: int | None = None
    completion_tokens: int | None = None
    first_token_ms: int | None = None
    total_ms: int | None = None
    mode: Mode = "free"
    found: bool | None = None
    unread_pages: int | None = None
    saw: Saw | None = None
    cached: bool = False
    calls: list[ToolCall] = []
    pictures: list[Picture] = []
    quotes: list[Quote] = []
    started_at: datetime | None = None

    @property
    def final(self) -> bool:
        """Whether nothing will be added to it any more."""
        return self.state in FINAL

    @property
    def calls_told(self) -> int:
        """How many calls have begun, and how many have ended, too."""
        return sum(1 + (call.result is not None) for call in self.calls)


class Version(Received):
    """A message's number among its versions, and the neighbours."""

    number: int
    count: int
    previous: UUID | None
    next: UUID | None


class Message(Received):
    """One message of a branch. `content` is the text of all its text steps; for an unfinished
    reply, the text so far."""

    id: UUID
    chat_id: UUID
    parent_id: UUID | None
    seq: int
    role: Role
    content: str
    created_at: datetime
    pictures: list[Picture] = []
    reply: Reply | None = None
    version: Version | None = None


class MessagePage(Received):
    """Oldest first; `earlier` is what to pass as `before` for the page above. `later`: the branch
    continues below; `shown`: it is the one the chat shows."""

    items: list[Message]
    earlier: UUID | None
    later: bool = False
    shown: bool = True


class MessageRun(Received):
    """In the order of writing, all branches; `next` is the `after` of the page that follows."""

    items: list[Message]
    next: int | None


class Hit(Received):
    """Something found: a chat by its title (no message), or a message. What was looked for
    is between U+E000 and U+E001 in `snippet`. `left_out`: so many more of the chat are not listed.
    """

    chat_id: UUID
    title: str | None
    message_id: UUID | None
    role: Role | None
    snippet: str
    created_at: datetime
    left_out: int = 0


class SearchPage(Received):
    """Titles first, then messages, newest first."""

    items: list[Hit]
    more: bool
