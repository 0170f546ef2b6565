"""What a follower knows, and what it is told."""

import re
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from app.errors import InvalidInput
from app.messages.schemas import Message
from app.replies.schemas import Reply
from app.texts import LARGEST_COUNT

KNOWN = re.compile(
    r"([0-9a-fA-F-]{36}):(queued|running|complete|stopped|failed)"
    r":(waiting|reading|writing)?:([0-9]{1,9})?:([0-9]{1,10})?:([0-9]{1,10})(?::(stopping)?)?"
)
KNOWN_FORM = (
    "<reply_id>:<state>:<phase or ''>:<place or ''>:<prompt_tokens_read or ''>:<offset>"
    ":<'stopping' or ''>"
)


@dataclass(frozen=True)
class Known:
    """A reply as the caller last saw it; ``offset`` in code points."""

    id: UUID
    state: str
    phase: str | None
    place: int | None
    read: int | None
    offset: int
    stopping: bool = False

    @classmethod
    def parse(cls, given: str) -> Self:
        """From its form in the query, or InvalidInput."""
        match = KNOWN.fullmatch(given)
        try:
            if match is None:
                raise ValueError(given)
            identity, state, phase, place, read, offset, stopping = match.groups()
            if int(offset) > LARGEST_COUNT:
                raise ValueError(given)
            return cls(
                id=UUID(identity),
                state=state,
                phase=phase,
                place=int(place) if place else None,
                read=int(read) if read else None,
                offset=int(offset),
                stopping=stopping is not None,
            )
        except ValueError:
            error = {"field": "known", "message": f"Should be {KNOWN_FORM}"}
            raise InvalidInput(errors=[error]) from None

    def differs_from(self, told: "FollowedReply", *, with_text: bool) -> bool:
        """Whether the caller has something to learn; growth, of the text or of what is read of
        the prompt, counts only if it wants it."""
        reply = told.reply
        if (self.state, self.phase, self.place) != (reply.state, reply.phase, reply.place):
            return True
        if self.stopping != reply.stop_requested:
            return True
        return with_text and (told.text != "" or self.read != reply.prompt_tokens_read)


class FollowedReply(BaseModel):
    """A reply, and its text from where the caller's ends."""

    reply: Reply
    offset: int = Field(description="Code points before this text.")
    text: str


class Followed(BaseModel):
    """What a chat looks like beyond what the caller knows."""

    messages: list[Message] = Field(description="On the branch shown, after `since`.")
    replies: list[FollowedReply] = Field(
        description="Every known one, and every unfinished one among the messages."
    )
    head: UUID | None = Field(description="Where the branch shown ends.")
    idle: bool = Field(description="None of these replies is unfinished.")
