"""What the API says about a session."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Session(BaseModel):
    """A live session."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
