"""What is counted, and what that leaves."""

from collections.abc import Mapping
from math import ceil
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

MOST_TOKENS = 1_000_000
Tokens = Annotated[int, Field(ge=0, le=MOST_TOKENS)]


class Call(BaseModel):
    """One that stores nothing."""

    tokens: Tokens = Field(default=0, description="The most that it may take.")


class UsedTokens(BaseModel):
    """Of one call."""

    tokens: Tokens
    reserved: Tokens = Field(default=0, description="What it was said to take at most.")
    seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=0, description="How long ago that was said."
    )


class Bucket(BaseModel):
    """What is left of what may be asked for in a minute."""

    limit: int
    remaining: int
    reset_ms: int = Field(description="After so long all of it is there again.")


class Room(BaseModel):
    """Of the session's buckets, and those of the token that a program shows, whichever have less
    left."""

    requests: Bucket
    tokens: Bucket

    @classmethod
    def of(cls, taken: Mapping[str, Any], *, refused: bool = False) -> Self:
        """From what `take_message` answered. What was refused is rolled back, so it is left."""
        asked = {"requests": taken["messages"], "tokens": taken["tokens_asked"]}
        given_back = asked if refused else dict.fromkeys(asked, 0)
        return cls(**{name: _find_least(taken[name], more) for name, more in given_back.items()})


def _find_least(buckets: list[Mapping[str, float]], more: int) -> Bucket:
    limit, left = min(
        ((int(b["limit"]), b["left"] + min(more, b["limit"])) for b in buckets),
        key=lambda bucket: bucket[1],
    )
    left = min(max(left, 0), limit)
    return Bucket(limit=limit, remaining=int(left), reset_ms=ceil((limit - left) * 60_000 / limit))
