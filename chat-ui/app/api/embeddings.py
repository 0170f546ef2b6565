"""`/v1/embeddings`: vectors of texts, by the model that finds documents. Nothing is stored."""

import struct
import time
from base64 import b64encode
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.api.body import read_json
from app.api.caller import Caller, Chatter
from app.api.embeddings_request import EmbeddingsRequest
from app.api.errors import ApiError
from app.api.models import refuse_model
from app.api.openapi import embeddings_body, errors
from app.api.paths import PREFIX
from app.api.told_limits import tell_room
from app.clients.embedder import TextTooLong, TextVector
from app.errors import Unavailable
from app.services import AppServices, Services
from app.turns import end_turn

router = APIRouter(prefix=f"{PREFIX}/embeddings", tags=["API for programs"])

NO_MODEL = "There is no embedding model here: whoever runs Parley sets EMBED_MODEL."
BUSY = "The embedding model doesn't answer. Try again in a moment."


@router.post(
    "",
    summary="Make vectors of texts",
    responses=errors(400, 401, 403, 404, 413, 429, 503),
    openapi_extra=embeddings_body(),
)
async def embed(request: Request, caller: Chatter, services: AppServices) -> JSONResponse:
    """As OpenAI's. Each text becomes a vector as it is, without what some models want before
    questions and passages."""
    asked = EmbeddingsRequest.read(await read_json(request, services))
    model = await services.embedder.find_model()
    if model is None and services.settings.embed_url:
        raise ApiError(503, BUSY, "model_unavailable")
    if model is None:
        raise ApiError(404, NO_MODEL, "model_not_found", "model")
    if asked.model != model:
        refuse_model(model)
    most, began = sum(map(estimate_tokens, asked.texts)), time.monotonic()
    room = await services.usage.take_call(caller.session, most)
    end_turn(request)
    made: list[TextVector] = []
    try:
        for number, text in enumerate(asked.texts):
            made.append(await _embed_text(services, number, text))
            if await request.is_disconnected():
                break
    finally:
        await _count(services, caller, made, most, time.monotonic() - began)
    told = [describe(number, each.vector, asked.as_base64) for number, each in enumerate(made)]
    usage = dict.fromkeys(("prompt_tokens", "total_tokens"), sum(each.tokens for each in made))
    return JSONResponse(
        {"object": "list", "data": told, "model": model, "usage": usage},
        headers={"Cache-Control": "no-store", **tell_room(room)},
    )


def describe(number: int, vector: list[float], as_base64: bool) -> dict[str, Any]:
    """One vector: as numbers, or as 32-bit floats, the lowest byte first, in base64."""
    told = vector if not as_base64 else b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    return {"object": "embedding", "index": number, "embedding": told}


def estimate_tokens(text: str) -> int:
    """The most that it may have: one for each byte, and two marks."""
    return len(text.encode()) + 2


async def _embed_text(services: Services, number: int, text: str) -> TextVector:
    try:
        vector = await services.embedder.embed_text(text)
    except TextTooLong:
        param = f"input.{number}"
        message = f"{param} is longer than the model can read. Cut it into pieces."
        raise ApiError(400, message, "context_length_exceeded", param) from None
    if vector is None:
        raise ApiError(503, BUSY, "model_unavailable")
    return vector


async def _count(
    services: Services, caller: Caller, made: list[TextVector], reserved: int, seconds: float
) -> None:
    """Also what was made for a call that failed: the rest of what it reserved is given back."""
    with suppress(Unavailable):  # the vectors are there
        tokens = sum(each.tokens for each in made)
        await services.usage.count_tokens(caller.session, tokens, reserved, seconds)
