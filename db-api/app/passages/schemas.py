"""What the API says about passages that were found."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.limits import VECTOR_SIZE
from app.texts import Text

Vector = Annotated[
    list[Annotated[float, Field(allow_inf_nan=False, ge=-60_000, le=60_000)]],
    Field(min_length=VECTOR_SIZE, max_length=VECTOR_SIZE),
]
Limit = Annotated[int, Field(ge=1, le=40)]
VectorModel = Annotated[Text, StringConstraints(min_length=1, max_length=200)]


class Question(BaseModel):
    """What is to be found."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "When does the contract end?", "limit": 5}]}
    )

    question: Annotated[Text, StringConstraints(min_length=1)]
    before: Text | None = Field(default=None, description="The question before it.")
    vector: Vector | None = Field(default=None, description="The question's, if there is a model.")
    vector_model: VectorModel | None = None
    limit: Limit = 5

    @model_validator(mode="after")
    def require_model(self) -> "Question":
        """Vectors of two models can't be compared."""
        if (self.vector is None) != (self.vector_model is None):
            raise ValueError("A vector needs its model's name")
        return self


class FoundPassage(BaseModel):
    """A part of a page: its text from ``start`` up to ``end``, in code points of the page. Of its
    sentences, the one between ``sentence_start`` and ``sentence_end`` is nearest to the question's
    vector, if there are vectors. `header` is that of a table which it begins in the middle of."""

    model_config = ConfigDict(from_attributes=True)

    document_id: UUID
    name: str
    page: int
    start: int
    end: int
    text: str
    sentence_start: int | None = None
    sentence_end: int | None = None
    header: str = Field(default="", exclude=True)


class Found(BaseModel):
    """The passages that fit best, the best first."""

    passages: list[FoundPassage]
    good: bool = Field(description="Whether the question can be answered from them.")
    related: bool = Field(description="Whether they say anything about it at all.")
