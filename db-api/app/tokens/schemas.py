"""What the API says about a token."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.limits import MOST_TOKEN_DAYS
from app.texts import Name, between

# `chat` asks for replies, `read` reads chats, `documents` reads and adds documents.
Scope = Literal["chat", "read", "documents"]


class NewToken(BaseModel):
    """What a token is called, what it may do, and for how many days."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "My editor", "scopes": ["chat"], "days": 90}]}
    )

    name: Name
    scopes: list[Scope] = Field(min_length=1, max_length=3)
    days: Annotated[int, between(1, MOST_TOKEN_DAYS)] = MOST_TOKEN_DAYS


class Token(BaseModel):
    """One that was not revoked."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="To the minute; null: never.")


class Tokens(BaseModel):
    """The newest first."""

    items: list[Token]


class TokenUse(BaseModel):
    """Whom a live token acts for."""

    session_id: UUID
    scopes: list[Scope]
