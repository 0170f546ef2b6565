"""What a runner sends and gets to answer from documents."""

from typing import Self

from pydantic import BaseModel, Field, model_validator

from app.passages.schemas import Vector, VectorModel
from app.prompt.schemas import PromptMessage
from app.replies.schemas import Passage
from app.texts import Worker


class FindPassages(BaseModel):
    """Which runner is asking, and the question's vector, if there is a model for it."""

    worker: Worker
    vector: Vector | None = None
    vector_model: VectorModel | None = None

    @model_validator(mode="after")
    def require_model(self) -> Self:
        """Vectors of two models can't be compared."""
        if (self.vector is None) != (self.vector_model is None):
            raise ValueError("A vector needs its model's name")
        return self


class PassagesFound(BaseModel):
    """What the reply is to be answered from, and its prompt with that."""

    found: bool = Field(description="Good enough to answer from; else these only come nearest.")
    passages: list[Passage] = Field(description="The best one first.")
    prompt: list[PromptMessage]
