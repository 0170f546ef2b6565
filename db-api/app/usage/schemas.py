"""What is counted."""

from typing import Annotated

from pydantic import BaseModel, Field

MOST_TOKENS = 1_000_000


class UsedTokens(BaseModel):
    """Of one call."""

    tokens: Annotated[int, Field(ge=0, le=MOST_TOKENS)]
