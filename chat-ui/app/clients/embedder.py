"""embed: a server of lm-api's kind with an embedding model, by which documents are found by their
meaning. It may be missing; then they are found by their words."""

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app.clients.service import BrokenOff, NoConnection, Service

T = TypeVar("T", bound=BaseModel)

SECONDS = 3  # a question waits for it
ASK_AGAIN_SECONDS = 10  # what the model is called
MOST_CHARACTERS = 1000  # of a question: a model may take no more than 512 tokens


@dataclass(frozen=True)
class QuestionVector:
    """What db-api compares with the vectors of passages that the same model made."""

    vector: list[float]
    model: str


class Model(BaseModel):
    id: str


class Models(BaseModel):
    data: list[Model]


class Embedding(BaseModel):
    embedding: list[float]


class Embeddings(BaseModel):
    data: list[Embedding]


class Embedder:
    """Asks embed, if there is one."""

    def __init__(self, service: Service | None) -> None:
        self._service = service
        self._model: str | None = None
        self._ask_again = 0.0  # by the monotonic clock

    async def embed(self, question: str) -> QuestionVector | None:
        """The question's vector; None if there is no embed, or it doesn't answer soon."""
        model = await self._find_model()
        if model is None:
            return None
        text = find_prefix(model) + question[:MOST_CHARACTERS]
        told = await self._ask("POST", "/v1/embeddings", Embeddings, {"input": [text]})
        return QuestionVector(told.data[0].embedding, model) if told and told.data else None

    async def _find_model(self) -> str | None:
        """Its name; asked for now and then, because it may be another one."""
        if time.monotonic() >= self._ask_again:
            self._ask_again = time.monotonic() + ASK_AGAIN_SECONDS
            told = await self._ask("GET", "/v1/models", Models)
            self._model = told.data[0].id if told and told.data else None
        return self._model

    async def _ask(self, method: str, path: str, answer: type[T], json: object = None) -> T | None:
        if self._service is None:
            return None
        try:
            told = await self._service.ask(method, path, json=json, seconds=SECONDS)
            if told.status != HTTPStatus.OK:
                return None
            return answer.model_validate_json(told.content)
        except (NoConnection, BrokenOff, ValidationError):
            return None


def find_prefix(model: str) -> str:
    """What a model wants before a question: those of the E5 family were trained with one."""
    return "query: " if "e5-" in model.lower() else ""
