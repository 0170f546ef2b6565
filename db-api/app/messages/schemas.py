"""What the API says about messages."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from app.replies.schemas import Picture, Reply


class Version(BaseModel):
    """A message's number among its versions, which are the answers to the same message. Where a
    branch is read, a reply that another one continues is not counted."""

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
    pictures: list[Picture]
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
