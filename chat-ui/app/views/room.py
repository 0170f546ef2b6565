"""How long a message may be, and how much of it the model can read."""

from dataclasses import dataclass
from typing import Self

from app.clients.types import Limits

# An estimate, so on the safe side. A system prompt in English has four to five bytes per token.
BYTES_PER_TOKEN = 3
MARKS = 50  # tokens that mark where messages begin and end


@dataclass(frozen=True)
class Room:
    """For one message: `bytes` are the limit; `tokens` are about what the model has room for beside
    its system prompt and its reply, of the `context` that it sees at once."""

    bytes: int
    tokens: int
    context: int

    @classmethod
    def beside(cls, system_prompt: str, reply_tokens: int, limits: Limits) -> Self:
        """What is left. A reply may be cut short by a long message, but not by more than half of
        the context."""
        context = limits.context_tokens
        system = len(system_prompt.encode()) // BYTES_PER_TOKEN + MARKS
        left = context - min(reply_tokens, context // 2) - system
        return cls(limits.message_bytes, max(left, 0), context)
