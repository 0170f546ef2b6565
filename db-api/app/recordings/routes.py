"""Read and delete a chat's recordings. They come by `files`, like documents."""

from uuid import UUID

from fastapi import APIRouter

from app.chats import repository as chats
from app.errors import ChatNotFound, RecordingNotFound, SessionEnded
from app.recordings import repository
from app.recordings.schemas import Recording, Recordings
from app.web.auth import Person
from app.web.deps import Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(
    prefix="/chats/{chat_id}/recordings", tags=["recordings"], route_class=ThreadRoute
)


@router.get("", summary="List recordings", responses=problems(SessionEnded, ChatNotFound))
def list_recordings(chat_id: UUID, person: Person, database: Db) -> Recordings:
    """Those whose text was neither sent nor deleted."""
    with database.person(person) as connection:
        chats.find(connection, person, chat_id)
        rows = repository.list_of_chat(connection, person, chat_id)
    return Recordings(items=[Recording.model_validate(row) for row in rows])


@router.delete(
    "/{recording_id}",
    status_code=204,
    summary="Delete a recording",
    responses=problems(SessionEnded, ChatNotFound, RecordingNotFound),
)
def delete_recording(chat_id: UUID, recording_id: UUID, person: Person, database: Db) -> None:
    """With its text: after that was sent, or instead."""
    with database.person(person) as connection:
        chats.find(connection, person, chat_id)
        repository.drop(connection, person, chat_id, recording_id)
