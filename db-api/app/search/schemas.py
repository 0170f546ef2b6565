"""What the API says about what was found."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class Hit(BaseModel):
    """A title or a message in which every word was found."""

    chat_id: UUID
    title: str | None
    message_id: UUID | None = Field(description="Null: it is the chat's title.")
    role: Literal["user", "assistant"] | None
    snippet: str = Field(description="U+E000 and U+E001 enclose each hit.")
    created_at: datetime = Field(description="Of the message; of a title: last written to.")
    left_out: int = Field(description="Hits of the same chat that are not listed: it has many.")


class SearchPage(BaseModel):
    """Titles first, then messages, of both the newest first."""

    items: list[Hit]
    more: bool
