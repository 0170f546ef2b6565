"""Decides how the model gets the pictures of a reply's prompt, for the worker that holds it.

It is stored with the reply, so that its successor asks the same model with the same prompt. The
worker says whether a model that sees is there; one that turned out to have no room for pictures
gets their text instead.
"""

from uuid import UUID

from sqlalchemy import Connection, text

from app.answering.schemas import GivePictures, PicturesGiven
from app.db.base import AnyRow
from app.db.transactions import acting_as_person
from app.documents import repository as documents
from app.errors import BlockNotFound, DocumentNotFound, LeaseLost
from app.files import repository as files
from app.messages.pictures import read_pictures
from app.prompt.build import build_prompt
from app.prompt.schemas import PicturePart, PromptMessage
from app.replies.schemas import Saw

# So long after the question nobody waits for a picture to be read.
HELD = text("""
SELECT r.chat_id, r.session_id, r.saw, now() - question.created_at > interval '30 s' AS is_late
FROM replies r
JOIN messages m ON m.id = r.message_id
JOIN messages question ON question.id = m.parent_id
WHERE r.message_id = :reply_id AND r.worker = :worker AND r.state = 'running' AND r.mode = 'free'
FOR NO KEY UPDATE OF r
""")
SAW = text("UPDATE replies SET saw = :saw WHERE message_id = :reply_id")


def give_pictures(connection: Connection, reply_id: UUID, request: GivePictures) -> PicturesGiven:
    """The reply's prompt, with its pictures as its model gets them; not decided while they are
    being read."""
    held = _find_held(connection, reply_id, request.worker)
    saw: Saw | None = held.saw
    if saw is None or (saw == "picture" and not request.vision):
        saw = _decide(connection, reply_id, held, vision=request.vision)
        connection.execute(SAW, {"reply_id": reply_id, "saw": saw})
    return PicturesGiven(saw=saw, prompt=_build(connection, reply_id, held, saw))


def read_picture(connection: Connection, reply_id: UUID, document_id: UUID, worker: str) -> bytes:
    """A picture that the reply's model gets, as it may be shown."""
    held = _find_held(connection, reply_id, worker)
    prompt = _build(connection, reply_id, held, held.saw or "text")
    parts = (part for message in prompt for part in message.parts)
    if not any(isinstance(p, PicturePart) and p.document_id == document_id for p in parts):
        raise DocumentNotFound
    with acting_as_person(connection, held.session_id):
        file = documents.find(connection, held.session_id, document_id).shown_file_id
        picture = files.read_block(connection, held.session_id, file, 0)  # it has no other
    if picture is None:
        raise BlockNotFound
    return picture


def _find_held(connection: Connection, reply_id: UUID, worker: str) -> AnyRow:
    values = {"reply_id": reply_id, "worker": worker}
    held = connection.execute(HELD, values).one_or_none()
    if held is None:
        raise LeaseLost
    return held


def _build(
    connection: Connection, reply_id: UUID, held: AnyRow, saw: Saw | None
) -> list[PromptMessage]:
    return build_prompt(connection, held.session_id, held.chat_id, reply_id, saw=saw)


def _decide(connection: Connection, reply_id: UUID, held: AnyRow, *, vision: bool) -> Saw | None:
    """None while there is something to wait for, or if there is no picture."""
    prompt = _build(connection, reply_id, held, None)
    newest = [m.message_id for m in prompt if m.message_id and isinstance(m.parts[0], PicturePart)]
    with acting_as_person(connection, held.session_id):
        pictures = read_pictures(connection, held.session_id, newest)
    seen = [picture for picture in pictures if vision and picture.is_shown]
    unfinished = any(picture.unfinished for picture in pictures if picture not in seen)
    if not pictures or (unfinished and not held.is_late):
        return None
    if seen:
        return "picture"
    return "text" if any(picture.text.strip() for picture in pictures) else "nothing"
