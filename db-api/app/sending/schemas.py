"""What is sent, and what becomes of it."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.limits import CLIENT_KEY_CHARACTERS, MESSAGE_PICTURES
from app.messages.schemas import Message
from app.queue.schemas import Claim
from app.replies.schemas import Mode
from app.texts import (
    LinedText,
    OpeningMessage,
    SystemPrompt,
    Worker,
    at_most,
    refuse_unstorable,
)
from app.usage.schemas import Room

ClientKey = Annotated[
    str,
    StringConstraints(min_length=1),
    at_most(CLIENT_KEY_CHARACTERS),
    AfterValidator(refuse_unstorable),
    Field(description="Made by the sender, once per message: sending twice stores once."),
]
ClaimingWorker = Annotated[
    Worker | None,
    Field(description="Claim the reply for this worker at once, if a slot is free."),
]


def refuse_blank(content: str) -> str:
    """White space alone is no message."""
    if not content.strip():
        raise PydanticCustomError("missing", "The message has no text")
    return content


Content = Annotated[LinedText, AfterValidator(refuse_blank)]


class FirstMessage(BaseModel):
    """What a person begins a chat with, and how that chat is to begin."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "content": "What is an API?",
                    "client_key": "a1b2c3",
                    "system_prompt": "You are a helpful assistant.",
                    "opening_message": "Hello! What would you like to talk about?",
                }
            ]
        }
    )

    content: Content
    client_key: ClientKey
    worker: ClaimingWorker = None
    system_prompt: SystemPrompt
    opening_message: OpeningMessage | None = Field(
        default=None, description="Stored as the assistant's first message; blank: none."
    )


class NewMessage(BaseModel):
    """What a person sends."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"content": "What is an API?", "client_key": "a1b2c3"}]}
    )

    content: Content
    client_key: ClientKey
    worker: ClaimingWorker = None
    mode: Mode | None = Field(
        default=None,
        description="How to answer it. Null: from documents if the chat has some, else freely. The"
        " chat remembers what was asked for.",
    )
    pictures: Annotated[list[UUID], Field(max_length=MESSAGE_PICTURES)] | None = Field(
        default=None,
        description="Documents of the chat, JPEG or PNG, which the model gets with it. It is"
        " answered freely then. Null: none, or those of the message that it `replaces`.",
    )
    replaces: UUID | None = Field(
        default=None,
        description="A message of the person: this one becomes another version of it.",
    )
    seen: UUID | None = Field(
        default=None,
        description="The last message its sender saw: if the branch shown does not lead through it"
        " any more, nothing is stored.",
    )


class NewReply(BaseModel):
    """A reply that is asked for again."""

    replaces: UUID = Field(description="The reply: the new one becomes another version of it.")
    client_key: ClientKey
    worker: ClaimingWorker = None
    continued: bool = Field(
        default=False,
        description="Begin with its text: for one that was stopped, failed or was cut off.",
    )


class Sent(BaseModel):
    """The message as stored, and the message its reply is written into."""

    message: Message
    reply: Message
    claim: Claim | None
    title: str = Field(description="The chat's, which the first message gives.")
    repeated: bool = Field(description="True: it was stored before, nothing was added.")
    room: Room | None = Field(default=None, description="What may still be asked for.")
