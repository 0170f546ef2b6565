"""`/v1/responses/{id}/input_items`: what a response was asked."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from app.api.caller import Chatter
from app.api.completions import NO_STORE
from app.api.echo import read_call
from app.api.errors import ApiError
from app.api.openapi import errors
from app.api.paths import PREFIX
from app.api.responses.finding import find_response, read_before
from app.services import AppServices

router = APIRouter(prefix=f"{PREFIX}/responses", tags=["API for programs"])


@router.get(
    "/{response_id}/input_items",
    summary="List what a response was asked",
    responses=errors(400, 401, 403, 404, 503),
)
async def list_input_items(
    response_id: str,
    caller: Chatter,
    services: AppServices,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
    after: Annotated[str, Query(max_length=100, description="The id of the last item read.")] = "",
) -> Response:
    """Its own input, without that of the responses before it and without `instructions`."""
    completion = await find_response(services, caller, response_id)
    reply, options = completion.reply, completion.response
    items = [
        _write_input(f"msg_{reply.id.hex}_{number}", "system", text)
        for number, text in enumerate(options.system)
    ]
    asked = await read_before(services, caller, reply, options.given + 1)
    for number, said in enumerate(asked):
        item = _write_input(f"msg_{said.id.hex}", said.role, said.content)
        items.append(read_call(options, number, said.id.hex) or item)
    if order == "desc":
        items.reverse()
    ids = [item["id"] for item in items]
    if after and after not in ids:
        raise ApiError(400, "after is no item of this response.", "invalid_value", "after")
    begin = ids.index(after) + 1 if after else 0
    page = items[begin : begin + limit]
    told = {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": begin + limit < len(items),
    }
    return JSONResponse(told, headers=NO_STORE)


def _write_input(id: str, role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    part: dict[str, Any] = {"type": kind, "text": text}
    if role == "assistant":
        part["annotations"] = []
    content = [part]
    return {"type": "message", "id": id, "role": role, "status": "completed", "content": content}
