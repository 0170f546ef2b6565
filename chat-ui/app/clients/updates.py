"""What a follower of a chat tells db-api that it knows, and what it is told.

As in `types.py`, each class has the name and the fields of a schema of db-api.
"""

from typing import Literal
from uuid import UUID

from app.clients.types import Message, Phase, Received, Reply, State


class KnownReply(Received):
    """A reply as a follower knows it: `offset` is how many code points of step `step` it has."""

    id: UUID
    state: State
    phase: Phase | None = None
    queue_position: int | None = None
    prompt_tokens_read: int | None = None
    stop_requested: bool = False
    calls: int = 0
    step: int = 0
    offset: int = 0


class StepUpdate(Received):
    """New text of one step of a reply. `number` counts from 0, `offset` code points."""

    number: int
    kind: Literal["text"] = "text"
    offset: int
    text: str


class ReplyUpdate(Received):
    """What a reply has become: its state, and its steps from where the follower's end."""

    reply: Reply
    steps: list[StepUpdate]


class ChatUpdate(Received):
    """What changed in a chat whose branch shown ends at `head`; `idle` means that nothing is left
    to wait for."""

    messages: list[Message]
    replies: list[ReplyUpdate]
    head: UUID | None
    idle: bool
