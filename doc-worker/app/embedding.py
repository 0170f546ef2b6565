"""Vectors of sentences, from embed: a server of lm-api's kind with an embedding model. It may be
missing; then documents are found by their words alone."""

import logging
import time

import httpx
from pydantic import BaseModel, ValidationError

from app.client import Job, Queue, SentenceVector, Vector
from app.giving_way import give_way
from app.passages import cut_parts

log = logging.getLogger("doc-worker")

LOOK_S = 10.0  # between two looks for the model
LEAST_CHARACTERS = 50  # any model takes a text so short
SIZE = 384  # numbers of a vector that db-api stores


class Unavailable(Exception):
    """There is no model just now, or none whose vectors can be stored."""


class Model(BaseModel):
    id: str


class Models(BaseModel):
    data: list[Model]


class Embedding(BaseModel):
    index: int
    embedding: Vector


class Embeddings(BaseModel):
    data: list[Embedding]


def connect_to_embed(url: str, key: str) -> httpx.Client:
    """With its own key, which opens nothing else."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=url, headers=headers, timeout=httpx.Timeout(60, connect=3))


class Embedder:
    """embed, as the worker sees it."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._model: str | None = None
        self._looked: float | None = None

    def find_model(self) -> str | None:
        """Its name, if it is there; embed is asked every few seconds."""
        now = time.monotonic()
        if self._looked is None or now - self._looked > LOOK_S:
            self._looked, before = now, self._model
            self._model = self._ask_for_model()
            if self._model and self._model != before:
                log.info("documents get vectors of %s", self._model)
        return self._model

    def _ask_for_model(self) -> str | None:
        try:
            answer = self._http.get("/v1/models").raise_for_status()
            return Models.model_validate_json(answer.content).data[0].id
        except (httpx.HTTPError, ValidationError, IndexError):
            return None

    def embed(self, texts: list[str]) -> list[Vector]:
        """A vector for each text; of one that is too long for the model, of its beginning. Raises
        Unavailable."""
        try:
            return self._ask(texts)
        except httpx.HTTPStatusError:
            # One that is too long spoils all.
            return [self._embed_beginning(text) for text in texts]

    def _embed_beginning(self, text: str) -> Vector:
        while True:
            try:
                return self._ask([text])[0]
            except httpx.HTTPStatusError as error:
                if len(text) <= LEAST_CHARACTERS:
                    raise self._give_up(error) from error
                text = text[: max(LEAST_CHARACTERS, len(text) // 2)]

    def _ask(self, texts: list[str]) -> list[Vector]:
        prefix = find_prefix(self._model or "")
        try:
            asked = self._http.post("/v1/embeddings", json={"input": [prefix + t for t in texts]})
        except httpx.TransportError as error:
            raise self._give_up(error) from error
        answer = asked.raise_for_status()
        try:
            found = Embeddings.model_validate_json(answer.content).data
        except ValidationError as error:
            raise self._give_up(error) from error
        vectors = [e.embedding for e in sorted(found, key=lambda e: e.index)]
        if [len(vector) for vector in vectors] != [SIZE] * len(texts):
            raise self._give_up(f"its vectors don't have {SIZE} numbers")
        return vectors

    def _give_up(self, reason: object) -> Unavailable:
        """Until the next look."""
        log.warning("no vectors from embed: %s", str(reason).partition("\n")[0])
        self._model, self._looked = None, time.monotonic()
        return Unavailable()


def find_prefix(model: str) -> str:
    """What a model wants before a passage: those of the E5 family were trained with one."""
    return "passage: " if "e5-" in model.lower() else ""


def give_vectors(queue: Queue, job: Job, embedder: Embedder, model: str) -> None:
    """To each sentence of the document's passages, unless another document waits to be read. What
    a sentence is about is said by the document's title, so this is put before it. Raises
    Unavailable, and Gone."""
    if job.reply_awaited:
        give_way(queue, job)
    while (given := queue.list_passages(job, model)).passages:
        parts = [(p, start, end) for p in given.passages for start, end in cut_parts(p.text)]
        vectors = embedder.embed([f"{given.title}: {p.text[a:b]}" for p, a, b in parts])
        told = [SentenceVector(p.id, a, b, v) for (p, a, b), v in zip(parts, vectors, strict=True)]
        waiting = queue.store_vectors(job, model, told)
        if waiting.others_wait:
            queue.release()
            return
        if waiting.reply_awaited:
            give_way(queue, job)
    queue.finish_vectors(job, model)
