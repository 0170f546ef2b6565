"""What a program may send to `/api`. Whatever else is in a body is refused by its name."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.api.body import UNSTORABLE
from app.clients.types import Mode

LONGEST_WAIT = 600  # seconds


def _check(text: str) -> str:
    if UNSTORABLE.search(text):
        raise PydanticCustomError("unstorable", "NUL can't be stored")
    return text


Text = Annotated[str, AfterValidator(_check)]
Id = Annotated[UUID, Field(strict=False)]


class Body(BaseModel):
    """Base of all of them: a number is no text, and 1 is not true."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Asking(Body):
    """How what is asked for is to be told."""

    client_key: Text | None = Field(
        default=None,
        description="Any short text, new for each message: what comes twice with the same one is"
        " stored once. Also as the header `Idempotency-Key`.",
    )
    wait: float = Field(
        default=0,
        ge=0,
        le=LONGEST_WAIT,
        description="Seconds after which you are answered also if the reply hasn't ended.",
    )
    stream: bool = Field(
        default=False, description="Answer with events, as `GET …/replies/{id}/events` does."
    )


class NewChat(Asking):
    """What a chat begins with: a message, or nothing yet."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"prompt": "What is an API?", "wait": 60}]}
    )

    prompt: Text | None = Field(
        default=None, description="Your first message; without one the chat is empty."
    )


class NewMessage(Asking):
    """A message of yours."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"prompt": "Give an example.", "wait": 60}]}
    )

    prompt: Text = Field(description="Your message.")
    mode: Mode | None = Field(
        default=None,
        description="How to answer it, in a chat with documents: from `documents`, `free`, or with"
        " their `exact` words.",
    )
    replaces: Id | None = Field(
        default=None, description="A message of yours that this one is another version of."
    )
    seen: Id | None = Field(
        default=None,
        description="The last message you saw: refused if the chat left it meanwhile.",
    )
    pictures: list[Id] = Field(
        default=[], max_length=4, description="Pictures of the chat that go with it."
    )


class NewVersion(Asking):
    """Another version of a reply."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"wait": 60}]})

    continued: bool = Field(
        default=False,
        description="Begin with its text: for one that was stopped, failed or was cut off.",
    )


class ChatChanges(Body):
    """What is to be different; what is absent stays as it is. Null is the default again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "APIs", "pinned": True}]})

    title: Text = ""
    pinned: bool = False
    system_prompt: Text = ""
    temperature: float | None = None
    reply_tokens: int | None = None
    turns: int | None = None
    tools: bool | None = None


class ShownMessage(Body):
    """Which version of a chat is to be shown."""

    message_id: Id = Field(description="The newest branch through this message is shown.")


class DocumentChanges(Body):
    """What is to be different."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Contract.pdf"}]})

    name: Text = Field(description="One short line.")
