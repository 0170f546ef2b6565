"""What a program asks for."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.model_settings import SamplingOptions, Temperature
from app.sending.schemas import ClaimingWorker
from app.texts import Text

MOST_MESSAGES = 1000
Content = Annotated[Text, StringConstraints(min_length=1)]


class GivenMessage(BaseModel):
    """One that was said before, as the program says."""

    role: Literal["user", "assistant"]
    content: Content


class NewCompletion(BaseModel):
    """Everything that the model is to be given. What is absent is the runner's own default."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "What is an API?", "history": []}]}
    )

    system_prompt: Text = ""
    history: Annotated[list[GivenMessage], Field(max_length=MOST_MESSAGES)] = Field(
        default=[], description="Oldest first."
    )
    question: Content = Field(description="What the reply answers.")
    temperature: Temperature | None = None
    reply_tokens: Annotated[int, Field(ge=1)] | None = None
    sampling: SamplingOptions = SamplingOptions()
    worker: ClaimingWorker = None
