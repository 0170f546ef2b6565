"""What runners send and get."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from app.model_settings import SamplingOptions
from app.prompt.schemas import PromptMessage
from app.replies.schemas import (
    Count,
    ErrorKind,
    FinalState,
    NewQuote,
    Passage,
    Phase,
    Reply,
    Step,
)
from app.texts import Sha256, Text, Worker
from app.web.runners import WorkerName

StepNumber = Annotated[Count, Field(description="The step, counted from 0.")]

PROGRESS_EXAMPLE: JsonDict = {
    "worker": "chat-ui-1",
    "replies": [
        {
            "id": "01994f3c-6f1e-7b7a-8b51-0d2f6c5d9a10",
            "step": 0,
            "offset": 0,
            "text": "An API is",
            "phase": "writing",
            "prompt_tokens": 31,
            "prompt_tokens_read": 31,
            "first_token_ms": 140,
        }
    ],
}
CALL_EXAMPLE: JsonDict = {
    "worker": "chat-ui-1",
    "tool": "calculator",
    "arguments": '{"expression": "12*(3+4)"}',
}
FINISH_EXAMPLE: JsonDict = {
    "worker": "chat-ui-1",
    "step": 0,
    "offset": 0,
    "text": "An API is a contract between programs.",
    "state": "complete",
    "model": "qwen2.5-0.5b-instruct-q8_0",
    "prompt_tokens": 31,
    "completion_tokens": 8,
    "first_token_ms": 140,
    "total_ms": 420,
    "claim_next": True,
}


class Claim(BaseModel):
    """A reply to write, with everything needed to write or continue it."""

    reply: Reply
    chat_id: UUID
    session_id: UUID = Field(description="Whose reply it is: tools read what is theirs.")
    worker: str
    steps: list[Step] = Field(description="What is written already; continue the last one.")
    prompt: list[PromptMessage] = Field(
        description="With pictures in it while `saw` is null: ask how they are given first."
    )
    passages: list[Passage] = Field(
        description="What was found for it, if that has been searched: they are in the prompt."
    )
    temperature: float | None = Field(description="The chat's; null: the runner's own.")
    reply_tokens: int | None = Field(description="The chat's; null: the runner's own.")
    tools: bool | None = Field(
        description="Whether its model may call some; null: the runner's own."
    )
    sampling: SamplingOptions | None = Field(description="Of what a program asked for.")
    lease_until: datetime = Field(description="By the database's clock.")
    attempts: int = Field(description="Deaths in a row without new text.")


class Batch(BaseModel):
    """New text of one reply, or with ``text`` empty a heartbeat. The step after the last one, at
    offset 0, begins that step."""

    id: UUID
    step: StepNumber = 0
    offset: Count = Field(description="Code points of the step that are stored before this text.")
    text: Text = ""
    phase: Phase | None = None
    prompt_tokens: Count | None = None
    prompt_tokens_read: Count | None = None
    completion_tokens: Count | None = Field(default=None, description="Written so far.")
    first_token_ms: Count | None = None
    total_ms: Count | None = Field(default=None, description="Spent on writing so far.")


class ProgressRequest(BaseModel):
    """All that a worker's running replies have gained."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROGRESS_EXAMPLE]})

    worker: Worker
    replies: Annotated[list[Batch], Field(max_length=1000)]


class BatchResult(BaseModel):
    """What became of a batch."""

    id: UUID
    held: bool = Field(description="False: it is not this worker's; stop writing it.")
    stop_requested: bool
    paused: bool = Field(description="Nobody listens to it any more; hand it back.")
    step: int = Field(description="The last step.")
    length: int = Field(description="Its stored code points; not as expected: nothing changed.")


class ProgressResult(BaseModel):
    """In no order."""

    replies: list[BatchResult]


class NewCall(BaseModel):
    """A call that is about to be run. The number after the last one adds it."""

    model_config = ConfigDict(json_schema_extra={"examples": [CALL_EXAMPLE]})

    worker: Worker
    tool: Annotated[Text, StringConstraints(max_length=64)]
    arguments: Annotated[Text, StringConstraints(max_length=2000)]


class CallResult(BaseModel):
    """What came of it."""

    worker: Worker
    result: Annotated[Text, StringConstraints(max_length=8000)]
    failed: bool = False


class FinishError(BaseModel):
    """Why a reply failed or was cut."""

    kind: ErrorKind
    size: Count | None = None
    limit: Count | None = None


class FinishRequest(BaseModel):
    """How a reply ended, with the end of its last step."""

    model_config = ConfigDict(json_schema_extra={"examples": [FINISH_EXAMPLE]})

    worker: Worker
    step: StepNumber = 0
    offset: Count = Field(description="Code points of the step that are stored before this text.")
    text: Text = Field(default="", description="What was not stored yet.")
    state: FinalState
    error: FinishError | None = None
    model: Annotated[Text, StringConstraints(max_length=200)] | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    first_token_ms: Count | None = None
    total_ms: Count | None = None
    context_start: UUID | None = Field(
        default=None, description="Where the prompt began, if it had to be shortened."
    )
    prompt_start: UUID | None = Field(
        default=None, description="The first message of the prompt that the model was given."
    )
    prompt_sha256: Sha256 | None = Field(
        default=None, description="Of that prompt, as the runner sends it to the model."
    )
    cache_key: Sha256 | None = Field(
        default=None,
        description="Of the prompt, the model and its settings, if the same may be answered by it.",
    )
    quotes: Annotated[list[NewQuote], Field(max_length=1000)] = Field(
        default=[], description="In the order of the reply's sentences."
    )
    claim_next: bool = False

    @model_validator(mode="after")
    def refuse_other_errors(self) -> Self:
        """Only a failed reply has failed, and it says why; a complete one may have been cut."""
        kind = self.error and self.error.kind
        cut = kind == "reply-limit"
        if (self.state == "failed") != (kind is not None and not cut) or (
            cut and self.state != "complete"
        ):
            raise ValueError(f"A {self.state} reply can't have the error {kind}")
        return self


class FinishResult(BaseModel):
    """The final reply, and the next one if it was asked for and there is one."""

    reply: Reply
    length: int = Field(
        description="Code points of the message's content; fewer than were written if the reply"
        " was ended by somebody else before."
    )
    next: Claim | None


class ReleaseRequest(WorkerName):
    """What is handed back."""

    reply: UUID | None = Field(default=None, description="Only this one; null: all it holds.")
    died: bool = Field(
        default=False,
        description="The worker or the model's server has: an attempt, unless there is new text.",
    )


class ReleaseResult(BaseModel):
    """How many replies were handed back."""

    released: int
