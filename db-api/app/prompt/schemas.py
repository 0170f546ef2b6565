"""What the API says about prompts."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.model_settings import ModelSettings
from app.replies.schemas import ToolCall


class TextPart(BaseModel):
    """A piece of text."""

    type: Literal["text"] = "text"
    text: str


class PassagePart(BaseModel):
    """A passage that the question is to be answered from."""

    type: Literal["passage"] = "passage"
    document: str = Field(description="Its name.")
    page: int
    text: str


class PicturePart(BaseModel):
    """A picture. Runners get its bytes from `GET /replies/{reply_id}/pictures/{document_id}`."""

    type: Literal["picture"] = "picture"
    document: str = Field(description="Its name.")
    document_id: UUID


PromptPart = TextPart | PassagePart | PicturePart


class PromptMessage(BaseModel):
    """A message as the model gets it. The last part is the text that was written."""

    role: Literal["system", "user", "assistant"]
    parts: list[PromptPart]
    message_id: UUID | None = Field(description="Where it comes from; null: the system prompt.")
    salt: str = Field(
        default="",
        description="Comes before its parts; of the first message, where prompts are salted: then"
        " no other session's prompts begin like this one.",
    )


class Prompt(ModelSettings):
    """What the model would be given before the next message of the person."""

    messages: list[PromptMessage]
    last_question: PromptMessage | None = Field(
        description="As the model was given it, if that was with passages: no later prompt has"
        " them."
    )
    has_documents: bool = Field(
        description="Passages of them come beside the message, once that is known."
    )
    context_start: UUID | None = Field(description="Where its window begins; null: all of it.")
    system_prompt: str


class ReplyPrompt(BaseModel):
    """What a reply's model was given, rebuilt."""

    messages: list[PromptMessage] = Field(
        description="Empty if the language model was not asked: by exact words, or nothing found."
    )
    passages: list[PassagePart] = Field(description="What was found then.")
    model: str | None
    sha256: str | None = Field(description="Of the prompt that was given, as its runner made it.")
    calls: list[ToolCall] = Field(description="They are not in `messages`: the runner adds them.")


class ShorterPrompt(BaseModel):
    """A prompt that begins later in the chat."""

    context_start: UUID
    prompt: list[PromptMessage]
