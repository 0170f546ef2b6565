"""What the API says about an export."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Export(BaseModel):
    """One that is being sent."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
