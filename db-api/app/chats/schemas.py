"""What the API says about chats."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.chats.cursor import Cursor
from app.db.base import AnyRow
from app.model_settings import ModelSettings, ModelSettingsChanges
from app.texts import Name, OpeningMessage, SystemPrompt, Title

EXAMPLE: JsonDict = {
    "username": "Ada",
    "system_prompt": "You are a helpful assistant.",
    "opening_message": "Hello! What would you like to talk about?",
}


class NewChat(BaseModel):
    """What a chat begins with."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    username: Name
    system_prompt: SystemPrompt
    opening_message: OpeningMessage | None = Field(
        default=None, description="Stored as the assistant's first message; blank: none."
    )


class Chat(ModelSettings):
    """A chat, without its messages."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str
    title: str | None = Field(
        description="The first line of the first message from the person, until it is changed;"
        " before that the name of its first document."
    )
    pinned: bool
    system_prompt: str
    mode: str | None = Field(description="How its last question was to be answered, if said.")
    created_at: datetime
    updated_at: datetime
    head: UUID | None = Field(description="The last message of the branch shown.")
    context_start: UUID | None = Field(
        description="The first message the model is still given; null: all of them."
    )


class ChatChanges(ModelSettingsChanges):
    """What is to be different; what is absent stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "APIs", "pinned": True}]})

    title: Title = ""
    pinned: bool = False
    system_prompt: SystemPrompt = Field(default="", description="Counts from the next message on.")


class ListedChat(Chat):
    """A chat in a list."""

    writing: bool = Field(description="A reply in it is queued or being written.")


class ChatPage(BaseModel):
    """Some chats: the pinned ones, then those written to last."""

    items: list[ListedChat]
    next: str | None = Field(description="Pass it as `before` for the next page; null: no more.")

    @classmethod
    def of(cls, rows: Sequence[AnyRow], limit: int) -> Self:
        """From one row more than a page holds, if there are so many."""
        following = str(Cursor.of(rows[limit - 1])) if len(rows) > limit else None
        return cls(items=[ListedChat.model_validate(row) for row in rows[:limit]], next=following)


class DeletedChat(BaseModel):
    """A chat that can be restored for a day."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str | None
    deleted_at: datetime
    documents: int = Field(description="How many documents went with it: they are nowhere else.")


class DeletedChats(BaseModel):
    """The chats deleted last."""

    items: list[DeletedChat]
