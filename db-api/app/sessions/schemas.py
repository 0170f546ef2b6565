"""What the API says about a session."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.texts import Name


class Session(BaseModel):
    """A live session."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str | None = Field(description="What the person goes by.")
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class NewSession(BaseModel):
    """What a session may begin with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ada"}]})

    name: Name | None = None


class SessionChanges(BaseModel):
    """What is to be different."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ada"}]})

    name: Name | None
