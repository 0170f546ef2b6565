"""What the API says about messages."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from app.replies.schemas import Claim, Reply
from app.texts import LinedText, Text, Worker


class Version(BaseModel):
    """A message's place among its versions, which are the answers to the same message."""

    number: int = Field(description="In the order of writing, from 1.")
    count: int
    previous: UUID | None
    next: UUID | None


class Message(BaseModel):
    """Something said, by the person or by the assistant."""

    id: UUID
    chat_id: UUID
    parent_id: UUID | None
    seq: int = Field(description="The order of writing within the chat.")
    role: Literal["user", "assistant"]
    content: str = Field(description="While its reply is unfinished: the text so far.")
    created_at: datetime
    reply: Reply | None
    version: Version | None = Field(description="Null if there is only this one.")


Before = Annotated[UUID | None, Query(description="`earlier` of the page before.")]
At = Annotated[
    UUID | None, Query(description="A message of any branch, to have in the page's middle.")
]


class MessagePage(BaseModel):
    """A part of a branch, oldest first."""

    items: list[Message]
    earlier: UUID | None = Field(description="Pass it as `before` for what came before.")
    later: bool = Field(description="There is more below this page on its branch.")
    shown: bool = Field(description="Its branch is the one the chat shows.")


class MessageRun(BaseModel):
    """Messages in the order of writing; `next` is the `after` of the page that follows."""

    items: list[Message]
    next: int | None


ClientKey = Annotated[
    Text,
    StringConstraints(min_length=1, max_length=64),
    Field(description="Made by the sender, once per message: sending twice stores once."),
]
AskingWorker = Annotated[
    Worker | None,
    Field(description="Claim the reply for this worker at once, if a slot is free."),
]


class NewMessage(BaseModel):
    """What a person sends."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"content": "What is an API?", "client_key": "a1b2c3"}]}
    )

    content: LinedText
    client_key: ClientKey
    worker: AskingWorker = None
    replaces: UUID | None = Field(
        default=None,
        description="A message of the person: this one becomes another version of it.",
    )

    seen: UUID | None = Field(
        default=None,
        description="The last message its sender saw: if the branch shown does not lead through it"
        " any more, nothing is stored.",
    )

    @field_validator("content")
    @classmethod
    def refuse_blank(cls, content: str) -> str:
        if not content.strip():
            raise ValueError("The message has no text")
        return content


class NewReply(BaseModel):
    """A question asked once more."""

    replaces: UUID = Field(description="The reply: the new one becomes another version of it.")
    client_key: ClientKey
    worker: AskingWorker = None
    go_on: bool = Field(
        default=False,
        description="Begin with its text: for one that was stopped, failed or was cut off.",
    )


class Sent(BaseModel):
    """The message as stored, and the message its reply is written into."""

    message: Message
    reply: Message
    claim: Claim | None
    title: str = Field(description="The chat's, which the first message gives.")
    repeated: bool = Field(description="True: it was stored before, nothing was added.")
