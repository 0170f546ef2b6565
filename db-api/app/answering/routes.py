"""Find what a reply is to be answered from, for runners."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.answering.cached import find_cached
from app.answering.find import find_for_reply
from app.answering.pictures import give_pictures, read_picture
from app.answering.schemas import (
    Cached,
    FindCached,
    FindPassages,
    GivePictures,
    PassagesFound,
    PicturesGiven,
)
from app.errors import BlockNotFound, DocumentNotFound, LeaseLost
from app.texts import Worker
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute
from app.web.runners import ReplyId

router = APIRouter(prefix="/replies", tags=["runners"], route_class=ThreadRoute)


@router.post(
    "/{reply_id}/passages",
    summary="Find what a reply is to be answered from",
    responses=problems(LeaseLost),
)
def find_reply_passages(
    reply_id: ReplyId, body: FindPassages, database: Db, settings: Config
) -> PassagesFound:
    """Searched in the chat's documents once; repeated, it answers the same. For a reply that is to
    be answered from documents or by their exact words."""
    with database.runner() as connection:
        return find_for_reply(connection, reply_id, body, context_size=settings.lm_context)


@router.post(
    "/{reply_id}/cached",
    summary="Find an earlier answer to exactly the same",
    responses={204: {"description": "There is none."}, **problems(LeaseLost)},
    response_model=Cached,
)
def find_cached_answer(reply_id: ReplyId, body: FindCached, database: Db) -> Cached | Response:
    """Of the same session, in what was not deleted; not for another version of a reply. One that is
    found is noted: the reply comes from the cache."""
    with database.runner() as connection:
        found = find_cached(connection, reply_id, body)
    return Response(status_code=204) if found is None else found


@router.post(
    "/{reply_id}/pictures",
    summary="Ask how a reply's pictures are given to its model",
    responses=problems(LeaseLost),
)
def give_reply_pictures(reply_id: ReplyId, body: GivePictures, database: Db) -> PicturesGiven:
    """As they are, to a model that sees, or else as the text in them. Decided once, when they have
    been read, or 30 seconds after the question. For a reply that is answered freely."""
    with database.runner() as connection:
        return give_pictures(connection, reply_id, body)


@router.get(
    "/{reply_id}/pictures/{document_id}",
    summary="Read a picture for a reply's model",
    response_class=Response,
    responses=problems(LeaseLost, DocumentNotFound, BlockNotFound)
    | {200: {"content": {"application/octet-stream": {}}}},
)
def read_reply_picture(
    reply_id: ReplyId, document_id: UUID, worker: Annotated[Worker, Query()], database: Db
) -> Response:
    """One that is in the reply's prompt: a JPEG without metadata, whatever was uploaded."""
    with database.runner() as connection:
        picture = read_picture(connection, reply_id, document_id, worker)
    return Response(picture, media_type="application/octet-stream")
