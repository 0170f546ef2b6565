"""Vectors with some meaning, for where no embedding model can be fetched: the static ones of the
package wordllama, served as embed serves those of a model. They mean something in English."""

import logging
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import wordllama  # type: ignore[import-untyped]  # it has no types
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

NAME = f"wordllama-{version('wordllama')}"
logging.getLogger().setLevel(logging.WARNING)  # wordllama has every logger tell everything
SIZE = 384  # that db-api stores; the vectors have 256, the rest is nought
DIGITS = 5
Vector = list[float]


@cache
def load() -> Any:
    """All of it comes with its package, though part of it is looked for in a cache only."""
    package = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=package, disable_download=True)


def embed(texts: Sequence[str]) -> list[Vector]:
    """Of length 1, with the digits that db-api keeps: more would only be written and read."""
    found = np.round(load().embed(list(texts), norm=True).astype(float), DIGITS)
    padded = np.zeros((len(texts), SIZE))
    padded[:, : found.shape[1]] = found
    vectors: list[Vector] = padded.tolist()
    return vectors


async def list_models(request: Request) -> JSONResponse:
    return JSONResponse({"data": [{"id": NAME}]})


async def make_embeddings(request: Request) -> JSONResponse:
    vectors = await run_in_threadpool(embed, (await request.json())["input"])
    return JSONResponse({"data": [{"index": n, "embedding": v} for n, v in enumerate(vectors)]})


app = Starlette(
    routes=[
        Route("/v1/models", list_models),
        Route("/v1/embeddings", make_embeddings, methods=["POST"]),
    ]
)
