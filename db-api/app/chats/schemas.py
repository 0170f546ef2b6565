"""What the API says about chats."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.chats.cursor import Cursor
from app.db.base import AnyRow
from app.errors import InvalidInput
from app.limits import HIGHEST_TEMPERATURE
from app.texts import Name, OpeningMessage, SystemPrompt, Title, between

EXAMPLE: JsonDict = {
    "username": "Ada",
    "system_prompt": "You are a helpful assistant.",
    "opening_message": "Hello! What would you like to talk about?",
}

# Rounded, because PostgreSQL's real refuses what is too small for it.
Temperature = Annotated[
    float, between(0, HIGHEST_TEMPERATURE), AfterValidator(lambda given: round(given, 4))
]


class NewChat(BaseModel):
    """What a chat begins with."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    username: Name
    system_prompt: SystemPrompt
    opening_message: OpeningMessage | None = Field(
        default=None, description="Stored as the assistant's first message; blank: none."
    )


class Chat(BaseModel):
    """A chat, without its messages."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str
    title: str | None = Field(
        description="The first line of the first message from the person, until it is changed."
    )
    pinned: bool
    system_prompt: str
    temperature: float | None = Field(description="Null: the runner's own.")
    reply_tokens: int | None = Field(description="The most of one reply; null: the runner's own.")
    created_at: datetime
    updated_at: datetime
    head: UUID | None = Field(description="The last message of the branch shown.")
    context_start: UUID | None = Field(
        description="The first message the model is still given; null: all of them."
    )


class ChatChanges(BaseModel):
    """What is to be different; what is absent stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "APIs", "pinned": True}]})

    # The defaults stand for absence and are never stored: `given` leaves them out.
    title: Title = ""
    pinned: bool = False
    system_prompt: SystemPrompt = Field(default="", description="Counts from the next message on.")
    temperature: Temperature | None = Field(default=None, description="Null: the runner's own.")
    reply_tokens: int | None = Field(
        default=None, description="1 to `reply_tokens` of `/limits`; null: the runner's own."
    )

    def given(self, most_tokens: int) -> dict[str, Any]:
        """The columns to change. InvalidInput if a reply is to be longer than the model's server
        lets one be."""
        if self.reply_tokens is not None and not 1 <= self.reply_tokens <= most_tokens:
            message = f"Not from 1 to {most_tokens}"
            raise InvalidInput.of(
                "reply_tokens", message, "out-of-range", least=1, most=most_tokens
            )
        return self.model_dump(exclude_unset=True)


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


class DeletedChats(BaseModel):
    """The chats deleted last."""

    items: list[DeletedChat]
