"""What the API says about recordings."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.documents.schemas import ErrorKind, State


class Recording(BaseModel):
    """Sound that is transcribed for a message."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: State
    error: ErrorKind | None = Field(description="Why it could not be transcribed.")
    pages: int | None = Field(description="Parts of half a minute; null until they are counted.")
    pages_read: int
    text: str = Field(description="What was said, as far as it has been transcribed.")


class Recordings(BaseModel):
    """The oldest first."""

    items: list[Recording]
