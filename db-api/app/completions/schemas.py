"""What a program asks for."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.messages.schemas import Message
from app.model_settings import SamplingOptions, Temperature
from app.sending.schemas import ClaimingWorker, ClientKey, Sent
from app.texts import Sha256, Text

MOST_MESSAGES = 1000
Content = Annotated[Text, StringConstraints(min_length=1)]


class GivenMessage(BaseModel):
    """One that was said before, as the program says."""

    role: Literal["user", "assistant"]
    content: Content


class ResponseOptions(BaseModel):
    """What `/v1/responses` tells of a response again, beside what it was asked."""

    model: Text
    background: bool = Field(default=False, description="It is written whoever waits for it.")
    stored: bool = Field(default=True, description="False: whoever asks deletes it at its end.")
    previous: Text | None = Field(default=None, description="The response that it continues.")
    instructions: Text | None = Field(default=None, description="Begins the system prompt.")
    system: list[Text] = Field(default=[], description="The rest of the system prompt.")
    given: Annotated[int, Field(ge=0)] = Field(
        default=0, description="So many of the last messages of the history are its own input."
    )
    metadata: dict[Text, Text] = {}
    echo: Text = Field(
        default="{}", description="JSON of what else is told again: its format, tools and calls."
    )


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
    response: ResponseOptions | None = None
    worker: ClaimingWorker = None
    client_key: ClientKey | None = None
    request_sha256: Sha256 | None = Field(
        default=None,
        description="Of all that is asked, and by whom: the same key with another one is refused.",
    )
    is_retry: bool = Field(
        default=False,
        description="The same request came before, and its answer did not arrive: the newest one"
        " with its `request_sha256` is joined that is unfinished, or was not said to be delivered.",
    )
    listens: bool = Field(
        default=False,
        description="Write the reply only while somebody listens to it, and says so.",
    )


class SentCompletion(Sent):
    """What was sent, or joined."""

    listened_until: datetime | None = Field(
        description="Say before then that you still listen. Null: nobody needs to."
    )


class Listening(BaseModel):
    """Until when somebody counts as listening; null if nobody needs to any more."""

    listened_until: datetime | None


class Left(BaseModel):
    """What that makes of the reply."""

    paused: bool = Field(description="Nobody else listens.")


class Leave(BaseModel):
    """How somebody ends to listen."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_delivered": True}]})

    is_delivered: bool = Field(
        default=False, description="The answer was sent whole: no retry needs to find it."
    )
    listened_until: datetime | None = Field(
        default=None,
        description="What was answered last. If it is that still, nobody else listens, and the"
        " reply is paused.",
    )


class Completion(BaseModel):
    """What a program asked for as a response, and the reply as it is now."""

    reply: Message
    response: ResponseOptions
    temperature: float | None
    reply_tokens: int | None
    sampling: SamplingOptions
