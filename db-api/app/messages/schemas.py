"""What the API says about messages."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from sqlalchemy import RowMapping

from app.replies.schemas import Claim, Reply
from app.texts import LinedText, Text, Worker

REPLY_PREFIX = "reply_"


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

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """From the columns of ``repository.COLUMNS``."""
        reply = None
        if row[f"{REPLY_PREFIX}message_id"]:
            reply = {
                name.removeprefix(REPLY_PREFIX): value
                for name, value in row.items()
                if name.startswith(REPLY_PREFIX)
            }
            reply["id"] = reply.pop("message_id")
        return cls.model_validate({**row, "reply": reply})


class MessagePage(BaseModel):
    """A part of the branch shown, oldest first."""

    items: list[Message]
    earlier: UUID | None = Field(description="Pass it as `before` for what came before.")


class MessageRun(BaseModel):
    """Messages in the order of writing; `next` is the `after` of the page that follows."""

    items: list[Message]
    next: int | None


class NewMessage(BaseModel):
    """What a person sends."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"content": "What is an API?", "client_key": "a1b2c3"}]}
    )

    content: LinedText
    client_key: Annotated[Text, StringConstraints(min_length=1, max_length=64)] = Field(
        description="Made by the sender, once per message: sending twice stores once."
    )
    worker: Worker | None = Field(
        default=None, description="Claim the reply for this worker at once, if a slot is free."
    )

    @field_validator("content")
    @classmethod
    def refuse_blank(cls, content: str) -> str:
        if not content.strip():
            raise ValueError("The message has no text")
        return content


class Sent(BaseModel):
    """The message as stored, and the message its reply is written into."""

    message: Message
    reply: Message
    claim: Claim | None
    title: str = Field(description="The chat's, which the first message gives.")
    repeated: bool = Field(description="True: it was stored before, nothing was added.")
