"""What templates are given: small typed objects, made from what db-api sent.

Each page of `templates/` documents the one object it renders as `page`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from markupsafe import Markup

from app.clients.types import Chat, ChatPage, Message, MessagePage, Reply
from app.errors import ParleyError
from app.markdown import StreamingMarkdown, render
from app.watching.feed import Item


@dataclass(frozen=True)
class Problem:
    """Something a person should know; `_problem.html` has the words for each kind."""

    kind: str
    facts: dict[str, int | str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: ParleyError) -> "Problem":
        """The problem an exception stands for."""
        return cls(error.kind, error.facts)


@dataclass(frozen=True)
class MessageView:
    """One message, for `_message.html`: the blocks that stay, and the one still growing."""

    message: Message
    html: Markup
    open: Markup | None = None

    @property
    def reply(self) -> Reply | None:
        """The life of an assistant message; None for all others."""
        return self.message.reply


def view_message(message: Message) -> MessageView:
    """A message fetched from db-api."""
    if message.role == "user":
        return MessageView(message, Markup.escape(message.content))
    if message.reply and not message.reply.final:
        markdown = StreamingMarkdown()
        markdown.feed(message.content)
        return _view_growing(message, markdown)
    return MessageView(message, render(message.content))


def view_item(item: Item) -> MessageView:
    """A message as a feed knows it now."""
    if item.unfinished and item.markdown:
        return _view_growing(item.message, item.markdown)
    return view_message(item.message)


def _view_growing(message: Message, markdown: StreamingMarkdown) -> MessageView:
    return MessageView(message, Markup("").join(markdown.closed), markdown.open)


@dataclass(frozen=True)
class HomePage:
    """`home.html`."""

    chats: ChatPage
    username: str = ""
    expires_at: datetime | None = None
    problem: Problem | None = None
    first: bool = True  # not paged back


@dataclass(frozen=True)
class Composer:
    """The form under a chat: what was typed, and the key that makes a send count once."""

    prompt: str = ""
    client_key: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True)
class ChatView:
    """`chat.html`."""

    chat: Chat
    messages: list[MessageView]
    earlier: UUID | None
    newest: bool
    lead_on: bool  # scriptless browsers are led to the growing page while a reply is to come
    composer: Composer
    limit: int
    problem: Problem | None = None

    @property
    def since(self) -> int:
        """The seq below which nothing can change any more: where watching begins."""
        for view in self.messages:
            if view.reply and not view.reply.final:
                return view.message.seq - 1
        return self.messages[-1].message.seq if self.messages else 0

    @property
    def live(self) -> bool:
        """Whether a reply is still to come."""
        return any(view.reply and not view.reply.final for view in self.messages)


def view_chat(
    chat: Chat,
    page: MessagePage,
    limit: int,
    *,
    newest: bool = True,
    lead_on: bool = True,
    composer: Composer | None = None,
    problem: Problem | None = None,
) -> ChatView:
    """A chat with one page of its messages; `newest` unless it was paged back."""
    return ChatView(
        chat=chat,
        messages=[view_message(message) for message in page.items],
        earlier=page.earlier,
        newest=newest,
        lead_on=lead_on,
        composer=composer or Composer(),
        limit=limit,
        problem=problem,
    )


@dataclass(frozen=True)
class SentView:
    """`_sent.html`: what a script gets back for a message it sent."""

    messages: list[MessageView]
    composer: Composer
    title: str


@dataclass(frozen=True)
class ErrorPage:
    """`error.html`: a problem as a page of its own, with the unsent text in `composer` if any.

    `again` is where that text can be sent once more; without it, it is only there to be copied.
    """

    problem: Problem
    again: str | None = None
    composer: Composer | None = None
    refresh: bool = False


@dataclass(frozen=True)
class LivePage:
    """`live_head.html`, the beginning of the growing page."""

    chat: Chat
