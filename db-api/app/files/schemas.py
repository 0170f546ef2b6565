"""What the API says about files."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class NewFile(BaseModel):
    """What is to be uploaded."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"size": 7}]})

    size: int | None = Field(
        default=None, ge=0, le=2**53, description="Room is kept for so many bytes; null: unknown."
    )


class Upload(BaseModel):
    """A file that is being uploaded."""

    id: UUID
    received: int = Field(description="Bytes that are here.")
