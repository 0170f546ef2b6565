"""What a follower knows, and what it gets."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.limits import LARGEST_COUNT
from app.messages.schemas import Message
from app.replies.schemas import Phase, Reply, State

MOST_KNOWN = 100


class StepUpdate(BaseModel):
    """A step's text from where the caller's ends."""

    number: int
    kind: Literal["text"]
    offset: int = Field(description="Code points of the step before this text.")
    text: str


class ReplyUpdate(BaseModel):
    """A reply, and the text that the caller does not have."""

    reply: Reply
    steps: list[StepUpdate]


class ChatUpdate(BaseModel):
    """What a chat has beyond what the caller knows."""

    messages: list[Message] = Field(description="On the branch shown, after `since`.")
    replies: list[ReplyUpdate] = Field(
        description="Every known one, and every unfinished one among the messages."
    )
    head: UUID | None = Field(description="Where the branch shown ends.")
    idle: bool = Field(description="None of these replies is unfinished.")


class KnownReply(BaseModel):
    """A reply as the caller last saw it: up to ``offset`` (code points) of its last ``step``."""

    id: UUID
    state: State
    phase: Phase | None = None
    queue_position: int | None = None
    prompt_tokens_read: int | None = None
    stop_requested: bool = False
    calls: int = Field(
        default=0, ge=0, le=LARGEST_COUNT, description="Of tools: those begun, plus those ended."
    )
    step: int = Field(default=0, ge=0, le=LARGEST_COUNT)
    offset: int = Field(default=0, ge=0, le=LARGEST_COUNT)

    def differs_from(self, update: ReplyUpdate, *, with_text: bool) -> bool:
        """Whether the caller has something to learn. Growth, of the text or of what is read of the
        prompt, counts only if it wants text."""
        reply = update.reply
        same = (
            self.state == reply.state
            and self.phase == reply.phase
            and self.queue_position == reply.queue_position
            and self.stop_requested == reply.stop_requested
            and self.calls == sum(1 + (call.result is not None) for call in reply.calls)
        )
        grew = bool(update.steps) or self.prompt_tokens_read != reply.prompt_tokens_read
        return not same or (with_text and grew)
