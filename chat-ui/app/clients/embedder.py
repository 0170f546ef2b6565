"""embed: a server of lm-api's kind with an embedding model, by which documents are found by their
meaning. It may be missing; then they are found by their words."""

import asyncio
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app.clients.service import Answer, BrokenOff, NoConnection, Service

T = TypeVar("T", bound=BaseModel)

SECONDS = 3  # a question waits for it
PROGRAM_SECONDS = 30
ASK_AGAIN_SECONDS = 10  # what the model is called
MOST_CHARACTERS = 1000  # of a question: a model may take no more than 512 tokens
EMBEDDINGS = "/v1/embeddings"
# What the server says of a text that has more tokens than the model can read.
TOO_LONG = b"too large to process"


@dataclass(frozen=True)
class QuestionVector:
    """What db-api compares with the vectors of passages that the same model made."""

    vector: list[float]
    model: str


@dataclass(frozen=True)
class TextVector:
    """What a program gets."""

    vector: list[float]
    tokens: int


class TextTooLong(Exception):
    """A text is longer than the model can read."""


class Model(BaseModel):
    id: str


class Models(BaseModel):
    data: list[Model]


class Embedding(BaseModel):
    embedding: list[float]


class Usage(BaseModel):
    prompt_tokens: int = 0


class Embeddings(BaseModel):
    data: list[Embedding]
    usage: Usage = Usage()


class Embedder:
    """Asks embed, if there is one."""

    def __init__(self, service: Service | None) -> None:
        self._service = service
        self._model: str | None = None
        self._ask_again = 0.0  # by the monotonic clock
        self._programs = asyncio.Lock()

    async def embed(self, question: str) -> QuestionVector | None:
        """The question's vector; None if there is no embed, or it doesn't answer soon."""
        model = await self.find_model()
        if model is None:
            return None
        text = find_prefix(model) + question[:MOST_CHARACTERS]
        told = _parse(await self._ask("POST", EMBEDDINGS, {"input": [text]}), Embeddings)
        return QuestionVector(told.data[0].embedding, model) if told and told.data else None

    async def embed_text(self, text: str) -> TextVector | None:
        """A program's text, as it is; None if embed doesn't answer. Raises TextTooLong. One text of
        all programs at once, so that a question waits for one at most."""
        async with self._programs:
            answer = await self._ask("POST", EMBEDDINGS, {"input": [text]}, PROGRAM_SECONDS)
        if answer and TOO_LONG in answer.content:
            raise TextTooLong
        told = _parse(answer, Embeddings)
        if not told or not told.data:
            return None
        return TextVector(told.data[0].embedding, told.usage.prompt_tokens)

    async def find_model(self) -> str | None:
        """Its name; asked for now and then, because it may be another one."""
        if time.monotonic() >= self._ask_again:
            self._ask_again = time.monotonic() + ASK_AGAIN_SECONDS
            told = _parse(await self._ask("GET", "/v1/models"), Models)
            self._model = told.data[0].id if told and told.data else None
        return self._model

    async def _ask(
        self, method: str, path: str, json: object = None, seconds: float = SECONDS
    ) -> Answer | None:
        if self._service is None:
            return None
        try:
            return await self._service.ask(method, path, json=json, seconds=seconds)
        except (NoConnection, BrokenOff):
            return None


def _parse(answer: Answer | None, kind: type[T]) -> T | None:
    """None if it is not what was asked for."""
    if answer is None or answer.status != HTTPStatus.OK:
        return None
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError:
        return None


def find_prefix(model: str) -> str:
    """What a model wants before a question: those of the E5 family were trained with one."""
    return "query: " if "e5-" in model.lower() else ""
