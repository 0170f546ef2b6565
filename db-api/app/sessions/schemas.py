"""What the API says about a session."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.model_settings import ModelSettings, ModelSettingsChanges
from app.texts import Name, SystemPrompt, Text


class Session(ModelSettings):
    """A live session. New chats begin with its model settings."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str | None = Field(description="What the person goes by.")
    system_prompt: str | None = Field(description="Null: the one a new chat is created with.")
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class NewSession(BaseModel):
    """What a session may begin with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ada"}]})

    name: Name | None = None
    address: Annotated[Text, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None,
        description="Where it begins, or the part of that which its owner can't choose: so many"
        " may begin there in a minute. Only a hash is kept, for some minutes.",
    )


class SessionChanges(ModelSettingsChanges):
    """What is to be different; what is absent stays as it is. Chats that exist keep their own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ada", "turns": 20}]})

    name: Name | None = None
    system_prompt: SystemPrompt | None = Field(
        default=None, description="Null: the one a new chat is created with."
    )
