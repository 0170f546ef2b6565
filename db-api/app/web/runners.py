"""What the routes for runners share."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict

from app.texts import Worker

ReplyId = Annotated[UUID, Path(description="The id of the reply, which is its message's id.")]


class WorkerName(BaseModel):
    """Which runner is asking."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"worker": "chat-ui-1"}]})

    worker: Worker
