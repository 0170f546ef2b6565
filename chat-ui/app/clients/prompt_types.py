"""What db-api says of prompts, as typed objects."""

from typing import Literal
from uuid import UUID

from app.clients.types import Received, Role, ToolCall


class TextPart(Received):
    """A piece of text in a prompt."""

    type: Literal["text"] = "text"
    text: str


class PassagePart(Received):
    """A passage of a document that a question is to be answered from."""

    type: Literal["passage"] = "passage"
    document: str
    page: int
    text: str


class PicturePart(Received):
    """A picture, by the document it is."""

    type: Literal["picture"] = "picture"
    document: str
    document_id: UUID


class ToolsPart(Received):
    """What chat-ui itself adds where the model may call tools; db-api has none of it."""

    type: Literal["tools"] = "tools"
    text: str


PromptPart = TextPart | PassagePart | PicturePart | ToolsPart


class PromptMessage(Received):
    """One message as the language model gets it; the last part is the text that was written.
    `message_id` is the one it comes from; None for the system prompt. `salt` comes before all of
    the first one, if db-api salts prompts."""

    role: Role | Literal["system"]
    parts: list[PromptPart]
    message_id: UUID | None = None
    salt: str = ""

    @property
    def pictures(self) -> list[UUID]:
        """The documents that are pictures in it."""
        return [part.document_id for part in self.parts if isinstance(part, PicturePart)]


class Prompt(Received):
    """What the language model would get before the next message. `last_question` is how it got the
    last one, if that was with passages."""

    messages: list[PromptMessage]
    last_question: PromptMessage | None = None
    has_documents: bool = False
    context_start: UUID | None

    @property
    def has_pictures(self) -> bool:
        """Whether the model gets more than text."""
        return any(message.pictures for message in self.messages)


class ReplyPrompt(Received):
    """What a reply's model was given, rebuilt; `sha256` is of what it was, if that is known. Not
    `messages` but `passages`, if it was not asked. The `calls` of tools are not in it."""

    messages: list[PromptMessage]
    passages: list[PassagePart]
    model: str | None
    sha256: str | None
    calls: list[ToolCall]
