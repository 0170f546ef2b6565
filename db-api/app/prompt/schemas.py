"""What the API says about prompts."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.model_settings import ModelSettings


class TextPart(BaseModel):
    """The only kind of part so far."""

    type: Literal["text"] = "text"
    text: str


class PromptMessage(BaseModel):
    """A message as the model gets it."""

    role: Literal["system", "user", "assistant"]
    parts: list[TextPart]
    message_id: UUID | None = Field(description="Where it comes from; null: the system prompt.")


class Prompt(ModelSettings):
    """What the model would be given before the next message of the person."""

    messages: list[PromptMessage]
    context_start: UUID | None = Field(description="Where its window begins; null: all of it.")
    system_prompt: str


class ShorterPrompt(BaseModel):
    """A prompt that begins later in the chat."""

    context_start: UUID
    prompt: list[PromptMessage]
