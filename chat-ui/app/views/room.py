"""How long a message may be, and how much of it the model can read."""

from dataclasses import dataclass
from typing import Self

from app.clients.types import Limits

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
        system = _estimate_tokens(system_prompt) + MARKS
        left = context - min(reply_tokens, context // 2) - system
        return cls(limits.message_bytes, max(left, 0), context)


def _estimate_tokens(text: str) -> int:
    """An estimate, so on the safe side: English has four to five bytes per token, German 2.6, and
    Chinese, with three bytes a character, 1.8."""
    written = text.encode()
    others = sum(byte > 127 for byte in written)
    return (2 * len(written) + others) // 5
