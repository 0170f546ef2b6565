"""What a runner sends and gets to answer from documents."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from app.limits import LARGEST_COUNT
from app.passages.schemas import Vector, VectorModel
from app.prompt.schemas import PromptMessage
from app.replies.schemas import Passage, Saw
from app.texts import Sha256, Worker


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

    found: bool | None = Field(
        description="Good enough to answer from; else these only come nearest. Null: documents are"
        " still being read, so ask again in a moment."
    )
    has_text: bool = Field(
        description="Some was read in the chat's documents, or is still to be read."
    )
    only_pictures: bool = Field(description="All of them are pictures.")
    passages: list[Passage] = Field(description="The best one first.")
    prompt: list[PromptMessage]


class FindCached(BaseModel):
    """What is looked for, and how old it may be."""

    worker: Worker
    cache_key: Sha256 = Field(description="Of the prompt, the model and its settings.")
    seconds: Annotated[float, Field(gt=0, le=LARGEST_COUNT)]


class Cached(BaseModel):
    """An earlier answer to exactly the same."""

    text: str
    model: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    is_cut: bool = Field(description="It reached the most tokens that it might have.")


class GivePictures(BaseModel):
    """Which runner is asking, and what it can ask."""

    worker: Worker
    vision: bool = Field(
        description="A model that sees pictures. False also turns back what was decided before:"
        " there is none any more, or it had no room for them."
    )


class PicturesGiven(BaseModel):
    """The reply's prompt, with its pictures as its model gets them."""

    saw: Saw | None = Field(
        description="Null: with pictures in the prompt they are still being read, so ask again in a"
        " moment; without, they were deleted."
    )
    prompt: list[PromptMessage]
