"""What db-api sends, as typed objects. The contract test drives them against the real db-api."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

Role = Literal["system", "user", "assistant"]
State = Literal["queued", "running", "complete", "stopped", "failed"]
Phase = Literal["waiting", "reading", "writing"]

FINAL: frozenset[State] = frozenset({"complete", "stopped", "failed"})


class Received(BaseModel):
    """Base of everything received: immutable, and tolerant of fields added later."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Session(Received):
    """A browser's session; the cookie holds its id."""

    id: UUID
    name: str | None = None
    expires_at: datetime


class Chat(Received):
    """A chat without its messages. `temperature` and `reply_tokens`: None is the default."""

    id: UUID
    username: str
    title: str | None
    pinned: bool = False
    system_prompt: str
    temperature: float | None = None
    reply_tokens: int | None = None
    created_at: datetime
    updated_at: datetime
    head: UUID | None
    context_start: UUID | None


class ChatPage(Received):
    """Newest first; `next` is what to pass as `before` for the page after this one."""

    items: list[Chat]
    next: str | None


class DeletedChat(Received):
    """A chat that can be brought back for a day."""

    id: UUID
    title: str | None
    deleted_at: datetime


class DeletedChats(Received):
    """The one deleted last first."""

    items: list[DeletedChat]


class Reply(Received):
    """The life of one assistant message; its id is the message's id."""

    id: UUID
    state: State
    phase: Phase | None = None
    place: int | None = None
    wait_ms: int | None = None
    stop_requested: bool = False
    error: str | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    prompt_tokens_read: int | None = None
    completion_tokens: int | None = None
    first_token_ms: int | None = None
    total_ms: int | None = None

    @property
    def final(self) -> bool:
        """Whether nothing will be added to it any more."""
        return self.state in FINAL


class Version(Received):
    """A message's place among those that were written in its stead."""

    number: int
    count: int
    previous: UUID | None
    next: UUID | None


class Message(Received):
    """One message of a branch; for an unfinished reply `content` is the text so far."""

    id: UUID
    chat_id: UUID
    parent_id: UUID | None
    seq: int
    role: Role
    content: str
    created_at: datetime
    reply: Reply | None = None
    version: Version | None = None


class MessagePage(Received):
    """Oldest first; `earlier` is what to pass as `before` for the page above. `later`: the branch
    goes on below; `shown`: it is the one the chat shows."""

    items: list[Message]
    earlier: UUID | None
    later: bool = False
    shown: bool = True


class Page(Received):
    """All that a chat's page shows: `chats` stand beside it."""

    chat: Chat
    messages: MessagePage
    chats: ChatPage


class MessageRun(Received):
    """In the order of writing, all branches; `next` is the `after` of the page that follows."""

    items: list[Message]
    next: int | None


class PromptMessage(Received):
    """One message as the language model gets it."""

    role: Role
    content: str


class PromptPart(PromptMessage):
    """One of its messages, with the one it comes from; None for the system prompt."""

    message_id: UUID | None


class Prompt(Received):
    """What the language model would get before the next message."""

    messages: list[PromptPart]
    context_start: UUID | None


class Hit(Received):
    """Something found: a chat by its title (no message), or a message. What was looked for
    stands between U+E000 and U+E001 in `snippet`."""

    chat_id: UUID
    title: str | None
    message_id: UUID | None
    role: Role | None
    snippet: str
    created_at: datetime


class SearchPage(Received):
    """Titles first, then messages, newest first."""

    items: list[Hit]
    more: bool


class ShorterPrompt(Received):
    """A prompt that begins later in the chat, at `context_start`."""

    context_start: UUID
    prompt: list[PromptMessage]


class Claim(Received):
    """A reply this worker may write until the lease runs out."""

    reply: Reply
    chat_id: UUID
    worker: str
    text: str
    prompt: list[PromptMessage]
    attempts: int
    temperature: float | None = None
    reply_tokens: int | None = None


class Sent(Received):
    """The answer to a message sent: both new messages, and the claim if a slot was free."""

    message: Message
    reply: Message
    claim: Claim | None
    title: str
    repeated: bool


class Growth(Received):
    """What a reply has become: `text` starts at `offset` code points."""

    reply: Reply
    offset: int
    text: str


class News(Received):
    """What changed in a chat whose branch shown ends at `head`; `idle` means that nothing is left
    to wait for."""

    messages: list[Message]
    replies: list[Growth]
    head: UUID | None
    idle: bool


class Progress(Received):
    """How a stored batch fared: `length` is the text now stored, in code points."""

    id: UUID
    held: bool
    stop_requested: bool
    length: int


class ProgressMade(Received):
    """How all batches of one call fared."""

    replies: list[Progress]


class Finished(Received):
    """A finished reply, the length of its stored text in code points, and the next one to write
    if there was one in line."""

    reply: Reply
    length: int
    next: Claim | None
