"""What an exported file holds. It is a promise to whoever kept one: fields are added at most,
whatever becomes of the contract with db-api."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from app.clients.document_types import Document, DocumentKind
from app.clients.types import Chat, Message, Mode, Phase, Reply, ReplyError, Role, Saw, State

FORMAT = "parley-chat"
FORMAT_OF_ALL = "parley-chats"
VERSION = 1


class ExportedQuote(BaseModel):
    """The source of a sentence, as `Quote` says: the words themselves are in `text`."""

    start: int | None
    end: int | None
    document_id: UUID | None
    document: str | None
    page: int | None
    quote_start: int | None
    quote_end: int | None
    text: str | None


class ExportedPicture(BaseModel):
    """A picture that was sent with a message; null: it was deleted."""

    document_id: UUID | None
    name: str | None


class ExportedCall(BaseModel):
    """A tool that the model called; null: it gave no result."""

    tool: str
    arguments: str
    result: str | None
    failed: bool


class ExportedReply(BaseModel):
    """An assistant message's life. `error` is a kind, for some with the figures after it."""

    id: UUID
    state: State
    phase: Phase | None
    place: int | None
    wait_ms: int | None
    stop_requested: bool
    error: str | None
    model: str | None
    prompt_tokens: int | None
    prompt_tokens_read: int | None
    completion_tokens: int | None
    first_token_ms: int | None
    total_ms: int | None
    mode: Mode
    found: bool | None
    saw: Saw | None
    calls: list[ExportedCall]
    quotes: list[ExportedQuote]

    @classmethod
    def of(cls, reply: Reply) -> Self:
        """From what db-api says."""
        same = reply.model_dump(exclude={"queue_position", "error"})
        return cls(**same, place=reply.queue_position, error=_write_error(reply.error))


class ExportedVersion(BaseModel):
    """A message's number among its versions."""

    number: int
    count: int
    previous: UUID | None
    next: UUID | None


class ExportedMessage(BaseModel):
    """A message with its reply's state, if it is one."""

    id: UUID
    chat_id: UUID
    parent_id: UUID | None
    seq: int
    role: Role
    content: str
    created_at: datetime
    pictures: list[ExportedPicture]
    reply: ExportedReply | None
    version: ExportedVersion | None

    @classmethod
    def of(cls, message: Message) -> Self:
        """From what db-api says."""
        reply = ExportedReply.of(message.reply) if message.reply else None
        return cls(**message.model_dump(exclude={"reply"}), reply=reply)


class ExportedChat(BaseModel):
    """A chat without its messages."""

    id: UUID
    username: str
    title: str | None
    pinned: bool
    system_prompt: str
    temperature: float | None
    reply_tokens: int | None
    turns: int | None
    tools: bool | None
    created_at: datetime
    updated_at: datetime
    head: UUID | None
    context_start: UUID | None


class ExportedDocument(BaseModel):
    """A document of a chat: its name, not what is in it."""

    id: UUID
    name: str
    kind: DocumentKind
    size: int
    pages: int | None
    created_at: datetime


def begin_chat(chat: Chat, documents: Sequence[Document] = ()) -> str:
    """The beginning of one chat's JSON, up to its messages."""
    exported = ExportedChat.model_validate(chat.model_dump()).model_dump(mode="json")
    head = {"format": FORMAT, "version": VERSION, "chat": exported}
    if documents:
        named = (ExportedDocument.model_validate(one.model_dump()) for one in documents)
        head["documents"] = [one.model_dump(mode="json") for one in named]
    return _begin(head, "messages")


def begin_chats() -> str:
    """The beginning of the JSON of all chats."""
    return _begin({"format": FORMAT_OF_ALL, "version": VERSION}, "chats")


def write_message(message: Message) -> str:
    """One message as JSON, on a line of its own."""
    return ExportedMessage.of(message).model_dump_json()


def _begin(head: dict[str, Any], items: str) -> str:
    """An object that is left open where its list of items begins."""
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "{items}": ['


def _write_error(error: ReplyError | None) -> str | None:
    """`kind`, or `kind size limit`; what an earlier version stored, as it stored it."""
    if error is None:
        return None
    if error.detail is not None:
        return error.detail
    if error.size is None or error.limit is None:
        return error.kind
    return f"{error.kind} {error.size} {error.limit}"
