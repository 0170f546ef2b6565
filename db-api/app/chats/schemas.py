"""What the API says about chats."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from app.texts import LinedText, Name

EXAMPLE: JsonDict = {
    "username": "Ada",
    "system_prompt": "You are a helpful assistant.",
    "opening_message": "Hello! What would you like to talk about?",
}


class NewChat(BaseModel):
    """What a chat begins with."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    username: Name
    system_prompt: Annotated[LinedText, StringConstraints(max_length=8000)]
    opening_message: Annotated[LinedText, StringConstraints(max_length=8000)] | None = Field(
        default=None, description="Stored as the assistant's first message; blank: none."
    )


class Chat(BaseModel):
    """A chat, without its messages."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str
    title: str | None = Field(description="The first line of the first message from the person.")
    system_prompt: str
    created_at: datetime
    updated_at: datetime
    head: UUID | None = Field(description="The last message of the branch shown.")
    context_start: UUID | None = Field(
        description="The first message the model is still given; null: all of them."
    )


class ChatPage(BaseModel):
    """Some chats, newest first."""

    items: list[Chat]
    next: UUID | None = Field(description="Pass it as `before` for the next page; null: no more.")
