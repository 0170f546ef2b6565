"""How the model writes: what a person may set for a chat, and for every new chat."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from app.errors import InvalidInput
from app.limits import HIGHEST_TEMPERATURE, MOST_TURNS
from app.texts import Text, between

# Rounded, because PostgreSQL's real refuses what is too small for it.
Temperature = Annotated[
    float, between(0, HIGHEST_TEMPERATURE), AfterValidator(lambda given: round(given, 4))
]
Turns = Annotated[int, between(1, MOST_TURNS)]

LONGEST_SCHEMA = 100_000  # characters


class ModelSettings(BaseModel):
    """Each of them; null leaves it open."""

    temperature: float | None = Field(description="Null: the runner's own.")
    reply_tokens: int | None = Field(description="The most of one reply; null: the runner's own.")
    turns: int | None = Field(description="At least so many are remembered; null: all that fit.")
    tools: bool | None = Field(
        description="Whether the model may call them; null: the runner's own."
    )


class ModelSettingsChanges(BaseModel):
    """What is to be different; what is absent stays as it is."""

    # The defaults mean absence and are never stored: `given` leaves them out.
    temperature: Temperature | None = Field(default=None, description="Null: the runner's own.")
    reply_tokens: int | None = Field(
        default=None, description="1 to `reply_tokens` of `/limits`; null: the runner's own."
    )
    turns: Turns | None = Field(
        default=None, description="How many turns stay in the prompt; null: all that fit."
    )
    tools: bool | None = Field(
        default=None, description="Whether the model may call tools; null: the runner's own."
    )

    def given(self, most_tokens: int) -> dict[str, Any]:
        """The columns to change. InvalidInput if a reply is to be longer than the model's server
        lets one be."""
        if self.reply_tokens is not None and not 1 <= self.reply_tokens <= most_tokens:
            message = f"Not from 1 to {most_tokens}"
            raise InvalidInput.of(
                "reply_tokens", message, "out-of-range", least=1, most=most_tokens
            )
        return self.model_dump(exclude_unset=True)


class SamplingOptions(BaseModel):
    """How a program wants a reply to be written, beside temperature and length. Null is the
    model's own default."""

    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    stop: Annotated[
        list[Annotated[Text, StringConstraints(min_length=1, max_length=200)]],
        Field(max_length=4),
    ] = Field(default=[], description="It ends before the first of these.")
    # As text: jsonb would change the order of its properties, which is that of the reply's.
    json_schema: Annotated[Text, StringConstraints(max_length=LONGEST_SCHEMA)] | None = Field(
        default=None, description="The reply is JSON that fits it, and is stored only when whole."
    )
    fresh: bool = Field(default=False, description="No earlier answer will do.")
