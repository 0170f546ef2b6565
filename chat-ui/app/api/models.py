"""`/v1/models`: the model that answers, and the one that makes vectors, if there is one."""

from typing import Literal, NoReturn

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.caller import AnyCaller
from app.api.errors import ApiError
from app.api.openapi import errors
from app.api.paths import PREFIX
from app.services import AppServices, Services

router = APIRouter(prefix=f"{PREFIX}/models", tags=["API for programs"])

NO_MODEL = "The language model isn't available yet. Try again in a moment."


class Model(BaseModel):
    """A model as OpenAI describes one. When it was made is not known."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "parley"


class Models(BaseModel):
    """All there are."""

    object: Literal["list"] = "list"
    data: list[Model]


async def find_model(services: Services) -> str:
    """What the model is called; ApiError while nobody knows."""
    name = await services.model.find_name()
    if name is None:
        raise ApiError(503, NO_MODEL, "model_unavailable")
    return name


async def find_models(services: Services) -> list[str]:
    """All there are, the one that answers first; ApiError while nobody knows it."""
    vectors = await services.embedder.find_model()
    return [await find_model(services), *([vectors] if vectors else [])]


def refuse_model(name: str) -> NoReturn:
    """ApiError for any other than the one that can do it."""
    message = f"There is no such model. The model here is {name}."
    raise ApiError(404, message, "model_not_found", "model")


@router.get("", summary="List models", responses=errors(401, 503))
async def list_models(caller: AnyCaller, services: AppServices) -> Models:
    """The model that answers here; after it the one that makes vectors, if there is one."""
    return Models(data=[Model(id=name) for name in await find_models(services)])


@router.get("/{model:path}", summary="Read a model", responses=errors(401, 404, 503))
async def read_model(model: str, caller: AnyCaller, services: AppServices) -> Model:
    """The same, by its name."""
    names = await find_models(services)
    if model not in names:
        refuse_model(names[0])
    return Model(id=model)
