"""How long a message may be, and how much of it the model can read."""

from dataclasses import dataclass
from typing import Self

from app.clients.types import Limits

MARKS = 50  # tokens that mark where messages begin and end
LETTERS = 4  # of English, in a token


@dataclass(frozen=True)
class Room:
    """For one message: `bytes` are the limit. Of the model's `context`, all that it sees at once,
    `most` tokens are about what the system prompt leaves, and `tokens` what a whole reply beside
    that leaves."""

    bytes: int
    tokens: int
    most: int
    context: int

    @property
    def letters(self) -> int:
        """About how many letters of English leave room for a whole reply."""
        return _round(min(LETTERS * self.tokens, self.bytes))

    @classmethod
    def beside(cls, system_prompt: str, reply_tokens: int, limits: Limits) -> Self:
        """What is left. A whole reply takes at most half of the context."""
        context = limits.context_tokens
        most = max(0, context - _estimate_tokens(system_prompt) - MARKS)
        tokens = max(0, most - min(reply_tokens, context // 2))
        return cls(limits.message_bytes, tokens, most, context)


def letters_over(text: str, limits: Limits) -> int:
    """About how many letters to remove from a text with too many bytes, so that the model can read
    it as well if it is English."""
    size = len(text.encode())
    most = min(limits.message_bytes, LETTERS * limits.context_tokens)
    return -_round(-len(text) * (size - most) // size)


def _round(letters: int) -> int:
    """Down, to two digits."""
    unit: int = 10 ** max(1, len(str(abs(letters))) - 2)
    return letters // unit * unit


def _estimate_tokens(text: str) -> int:
    """An estimate, so on the safe side: English has four to five bytes per token, German 2.6, and
    Chinese, with three bytes a character, 1.8."""
    written = text.encode()
    others = sum(byte > 127 for byte in written)
    return (2 * len(written) + others) // 5
