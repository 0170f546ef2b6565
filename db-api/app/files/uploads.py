"""An upload, block by block: each is one transaction, and is refused if it would pass a limit."""

from hashlib import sha256
from uuid import UUID

from sqlalchemy import Connection

from app.errors import BlockOutOfOrder, FileNotFound, FileTooLarge, QuotaReached, StorageFull
from app.files import repository
from app.files.models import BLOCK_BYTES
from app.settings import Settings


def begin(connection: Connection, session_id: UUID, size: int | None, settings: Settings) -> UUID:
    """A new upload, with room for all of it if its size is stated. Those that were given up are
    deleted first."""
    check_size(size or 0, settings)
    repository.drop_abandoned(connection, session_id)
    check_room(repository.take_room(connection), size or 0, settings)
    return repository.begin(connection, session_id, size)


def add_block(
    connection: Connection,
    session_id: UUID,
    file_id: UUID,
    number: int,
    content: bytes,
    settings: Settings,
) -> int:
    """Bytes of the upload that are here now. A block that is here already is not stored again."""
    room = repository.take_room(connection)
    file = repository.lock(connection, session_id, file_id)
    if file.stored_at is not None:
        raise FileNotFound
    expected = -(-file.received // BLOCK_BYTES)
    if number < expected:
        stored = repository.read_block(connection, session_id, file_id, number)
        if stored is None or sha256(stored).digest() != sha256(content).digest():
            raise BlockOutOfOrder(expected=expected)
        return int(file.received)
    if number > expected or file.received % BLOCK_BYTES:
        raise BlockOutOfOrder(expected=expected)
    received: int = file.received + len(content)
    check_size(received, settings)
    check_room(room, received - max(file.received, min(received, file.size or 0)), settings)
    repository.add_block(connection, session_id, file_id, number, content)
    return received


def check_size(size: int, settings: Settings) -> None:
    """FileTooLarge if one file may not have so many bytes."""
    if size > settings.document_limit:
        raise FileTooLarge(size=size, limit=settings.document_limit)


def check_room(taken: repository.Room, wanted: int, settings: Settings) -> None:
    """QuotaReached or StorageFull if there is no room for so many bytes more."""
    if taken.by_session + wanted > settings.documents_quota:
        raise QuotaReached(size=taken.by_session + wanted, limit=settings.documents_quota)
    if taken.by_all + wanted > settings.documents_total:
        raise StorageFull(limit=settings.documents_total)
