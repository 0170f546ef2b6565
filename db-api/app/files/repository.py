"""Queries about files. Every one takes the owner, and row-level security checks it again."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, text, update
from sqlalchemy.sql.elements import ColumnElement

from app.db.base import AnyRow
from app.errors import FileNotFound
from app.files.models import File, FileBlock

# One row, for a FROM clause.
ROOM_TAKEN = text("SELECT by_session, by_all FROM room_taken()")
IS_UPLOAD = File.stored_at.is_(None)

READ_BLOCK = select(FileBlock.bytes).where(
    FileBlock.session_id == bindparam("owner"),
    FileBlock.file_id == bindparam("file"),
    FileBlock.number == bindparam("block"),
)


class Room(NamedTuple):
    """Bytes that files take: the session's, and all there are."""

    by_session: int
    by_all: int


def owned(session_id: UUID, file_id: UUID) -> ColumnElement[bool]:
    """This alone decides which file an id leads to."""
    return and_(File.id == file_id, File.session_id == session_id)


def take_room(connection: Connection) -> Room:
    """What is taken. Nobody else takes room until this transaction ends: call it first."""
    return Room(*connection.execute(ROOM_TAKEN).one())


def begin(connection: Connection, session_id: UUID, size: int | None) -> UUID:
    """A new upload's id."""
    statement = insert(File).values(session_id=session_id, size=size).returning(File.id)
    file_id: UUID = connection.execute(statement).scalar_one()
    return file_id


def find(connection: Connection, session_id: UUID, file_id: UUID) -> AnyRow:
    """One file of the session, or FileNotFound."""
    statement = select(File.size, File.received, File.stored_at).where(owned(session_id, file_id))
    file = connection.execute(statement).first()
    if file is None:
        raise FileNotFound
    return file


def lock(connection: Connection, session_id: UUID, file_id: UUID) -> AnyRow:
    """The same, held against others until commit."""
    connection.execute(select(File.id).where(owned(session_id, file_id)).with_for_update())
    return find(connection, session_id, file_id)


def add_block(
    connection: Connection, session_id: UUID, file_id: UUID, number: int, content: bytes
) -> None:
    """The next block of an upload."""
    values = {"file_id": file_id, "session_id": session_id, "number": number, "bytes": content}
    connection.execute(insert(FileBlock).values(values))
    change = {"received": File.received + len(content), "touched_at": func.now()}
    connection.execute(update(File).where(owned(session_id, file_id)).values(change))


def read_block(
    connection: Connection, session_id: UUID, file_id: UUID, number: int
) -> bytes | None:
    """A block, or None if there is no such one."""
    found: bytes | None = connection.execute(
        READ_BLOCK, {"owner": session_id, "file": file_id, "block": number}
    ).scalar_one_or_none()
    return found


def find_content(connection: Connection, session_id: UUID, sha256: bytes) -> UUID | None:
    """The file that the session has with this content."""
    statement = select(File.id).where(File.session_id == session_id, File.sha256 == sha256)
    found: UUID | None = connection.execute(statement).scalar_one_or_none()
    return found


def store(connection: Connection, session_id: UUID, file_id: UUID, sha256: bytes) -> None:
    """The upload is a file from now on."""
    values = {"size": File.received, "sha256": sha256, "stored_at": func.now()}
    connection.execute(update(File).where(owned(session_id, file_id)).values(values))


def drop_upload(connection: Connection, session_id: UUID, file_id: UUID) -> None:
    """Delete an upload that is not finished, or FileNotFound."""
    statement = delete(File).where(owned(session_id, file_id), IS_UPLOAD)
    if not connection.execute(statement).rowcount:
        raise FileNotFound


def drop_abandoned(connection: Connection, session_id: UUID) -> None:
    """Delete the session's uploads that were given up."""
    given_up = func.is_abandoned(File.touched_at)
    connection.execute(delete(File).where(File.session_id == session_id, IS_UPLOAD, given_up))
