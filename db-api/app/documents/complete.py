"""An upload becomes a document, once its size and hash are what was sent."""

from hashlib import sha256
from uuid import UUID

from app.chats import repository as chats
from app.db.base import AnyRow
from app.db.transactions import Database
from app.documents import repository
from app.documents.kinds import KindFinder
from app.documents.names import tell_apart, tidy_name
from app.documents.schemas import NewDocument
from app.errors import FileIncomplete, FileKindRefused
from app.files import repository as files
from app.settings import Settings


def complete(
    database: Database, session_id: UUID, file_id: UUID, new: NewDocument, settings: Settings
) -> tuple[AnyRow, bool]:
    """The document, and whether the session had this content before: then that document is
    given to the chat, too, and the upload is deleted. It is also deleted where it is refused."""
    try:
        digest, finder = read_blocks(database, session_id, file_id, new)
        # A recording becomes a message, so it needs a chat.
        kind = finder.find(new.name, hears=bool(settings.whisper_model and new.chat_id))
    except (FileIncomplete, FileKindRefused):
        with database.person(session_id) as connection:
            files.drop_upload(connection, session_id, file_id)
        raise
    with database.person(session_id) as connection:
        files.take_room(connection)  # nothing is purged meanwhile, nor completed
        if new.chat_id:
            chats.find(connection, session_id, new.chat_id)
        stored = files.lock(connection, session_id, file_id).stored_at is not None
        kept = file_id if stored else files.find_content(connection, session_id, digest)
        if kept is None:
            files.store(connection, session_id, file_id, digest)
            name = tidy_name(new.name)
            name = tell_apart(name, repository.list_names_like(connection, session_id, name))
            document = repository.create(connection, session_id, file_id, name, kind)
        else:
            document = repository.find_of_file(connection, session_id, kept)
            if not stored:
                files.drop_upload(connection, session_id, file_id)
        if kind == "sound" and new.chat_id:
            repository.keep_recording(connection, session_id, document, new.chat_id)
        else:
            repository.give_to(connection, session_id, document, new.chat_id)
        return repository.find_kept(connection, session_id, document), kept is not None


def read_blocks(
    database: Database, session_id: UUID, file_id: UUID, new: NewDocument
) -> tuple[bytes, KindFinder]:
    """The hash of what is here, which FileIncomplete says is not all; and what kind it is."""
    hashed, finder, number = sha256(), KindFinder(), 0
    with database.person(session_id) as connection:
        file = files.find(connection, session_id, file_id)
        while block := files.read_block(connection, session_id, file_id, number):
            hashed.update(block)
            finder.take(block)
            number += 1
    if finder.size != new.size or hashed.hexdigest() != new.sha256.lower():
        raise FileIncomplete(size=new.size, received=file.received)
    return hashed.digest(), finder
