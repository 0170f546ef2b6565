"""Messages as they are shown, and the form for the next one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID, uuid4, uuid5

from markupsafe import Markup

from app.answering.lines import unwrap
from app.clients.document_types import Document
from app.clients.types import Message, Mode, Reply
from app.markdown import StreamingMarkdown, fill_marks, is_rendered, place_marks, render
from app.render_thread import INLINE_CHARACTERS, run_in_render_thread
from app.views.quotes import Source, Sources, find_sources


@dataclass(frozen=True)
class MessageView:
    """One message, for `_message.html`: the blocks that stay, and the one still growing. `ends`:
    the branch shown ends with it."""

    message: Message
    html: Markup
    open: Markup | None = None
    ends: bool = True

    @property
    def reply(self) -> Reply | None:
        """The life of an assistant message; None for all others."""
        return self.message.reply

    @property
    def key(self) -> str:
        """Of the buttons that ask for another version."""
        return make_key(self.message)

    @cached_property
    def sources(self) -> Sources:
        """Where a reply's sentences are from."""
        return find_sources(self.message)

    def show(self, mark: Callable[[Source | None], Markup]) -> Markup:
        """The text, with what `mark` makes of a sentence's source behind that sentence."""
        if not self.sources.ends:
            return self.html
        return fill_marks(self.html, lambda number: mark(self.sources.find(number)))

    @property
    def can_continue(self) -> bool:
        """Whether it is the last word, and ends in the middle: it was stopped, or broke off, or was
        cut off."""
        reply = self.reply
        if reply is None or not self.message.content or not self.ends:
            return False
        cut = reply.error is not None and reply.error.kind == "reply-limit"
        return cut or reply.state in ("stopped", "failed")


def make_key(message: Message) -> str:
    """For a form that asks for another version: the same in every tab until there is one."""
    version = message.version
    state = f"{version.next}:{version.count}" if version else ""
    return uuid5(message.id, state).hex


def view_message(message: Message) -> MessageView:
    """A message fetched from db-api."""
    if message.role == "user":
        return MessageView(message, Markup.escape(message.content))
    if message.reply and not message.reply.final:
        markdown = StreamingMarkdown(str(message.id))
        markdown.feed(message.content)
        return MessageView(message, Markup("").join(markdown.closed), markdown.open)
    # Nothing was looked for where a tool has answered.
    if message.reply and message.reply.mode == "exact" and message.reply.found is not None:
        return MessageView(message, _show_words(message))
    return MessageView(message, render(_mark_sentences(message), str(message.id)))


def _show_words(message: Message) -> Markup:
    """Of a document, which are no Markdown: "8. Keys" begins no list."""
    words = place_marks(unwrap(message.content), find_sources(message).ends)
    return Markup('<p dir="auto">{}</p>').format(Markup("<br>").join(words.split("\n")))


def _mark_sentences(message: Message) -> str:
    """A reply's text, with a mark behind each sentence of whose source something is known."""
    return place_marks(message.content, find_sources(message).ends)


def weigh(message: Message) -> int:
    """Characters of Markdown that viewing it means to read."""
    if message.role == "user" or is_rendered(_mark_sentences(message)):
        return 0
    return len(message.content)


async def view_messages(messages: list[Message], *, ends: bool = True) -> list[MessageView]:
    """Many of them, at whose end the branch shown `ends` or not. What may take long is left to the
    render thread, one by one, so that others get their turn."""
    views, inline = [], INLINE_CHARACTERS
    for message in messages:
        inline -= (weight := weigh(message))
        if weight == 0 or inline >= 0:
            views.append(view_message(message))
        else:
            views.append(await run_in_render_thread(view_message, message))
    last = len(views) - 1 if ends else len(views)
    return [replace(view, ends=False) if n < last else view for n, view in enumerate(views)]


@dataclass(frozen=True)
class Composer:
    """The form for a message: what was typed, the key that makes a send count once, the
    message it replaces, if any, and else the last one that was seen above it. `mode` is how to
    answer it; None where there is no choice. `recording` is what the text was transcribed from. Of
    the pictures that are `offered`, those in `ticked` go with it; None: nobody has chosen yet.
    Where no model `sees_pictures`, nothing is to be chosen. `tool` was chosen before its text was
    written."""

    prompt: str = ""
    client_key: str = field(default_factory=lambda: uuid4().hex)
    replaces: UUID | None = None
    seen: UUID | None = None
    mode: Mode | None = None
    recording: UUID | None = None
    offered: list[Document] = field(default_factory=list)
    ticked: list[UUID] | None = None
    sees_pictures: bool = False
    tool: str = ""


@dataclass(frozen=True)
class BranchView:
    """`_branch.html`: what a script gets back for a version it chose or asked for: the messages
    from there to the end of the branch, and where the model's memory begins."""

    messages: list[MessageView]
    context_start: UUID | None = None


@dataclass(frozen=True)
class SentView:
    """`_sent.html`: what a script gets back for a message it sent."""

    messages: list[MessageView]
    composer: Composer
    title: str
