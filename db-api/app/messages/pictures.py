"""The pictures of messages: documents of their chat, stored with the message, and read for the
prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from app.errors import InvalidInput

MOST_CHARACTERS = 900  # of the text in a picture: about 300 tokens

# Locked, so that none is deleted before what points at it is stored.
STORE = text("""
INSERT INTO message_pictures (message_id, chat_id, session_id, number, document_id)
SELECT :message_id, :chat_id, :owner, given.number, d.id
FROM unnest(CAST(CAST(:documents AS text[]) AS uuid[])) WITH ORDINALITY AS given (id, number)
JOIN chat_documents link
    ON link.document_id = given.id AND link.chat_id = :chat_id AND link.session_id = :owner
JOIN documents d
    ON d.id = given.id AND d.session_id = :owner AND d.kind IN ('jpeg', 'png')
FOR KEY SHARE OF d
""")
READ = text("""
SELECT p.message_id, d.id AS document_id, d.name, d.shown_file_id IS NOT NULL AS is_shown,
    d.state IN ('queued', 'running') AND NOT d.embedding AS unfinished,
    coalesce(substr(page.text, 1, :most), '') AS text
FROM message_pictures p
JOIN documents d ON d.id = p.document_id AND d.session_id = :owner
LEFT JOIN document_pages page
    ON page.document_id = d.id AND page.number = 1 AND page.session_id = :owner
WHERE p.message_id = ANY(CAST(CAST(:messages AS text[]) AS uuid[])) AND p.session_id = :owner
ORDER BY p.number
""")


@dataclass(frozen=True)
class SentPicture:
    """A picture of a message, and the beginning of the text in it. ``is_shown``: it can be given as
    it is; ``unfinished``: nobody knows yet what can be read in it."""

    message_id: UUID
    document_id: UUID
    name: str
    is_shown: bool
    unfinished: bool
    text: str


def store_pictures(
    connection: Connection,
    owner: UUID,
    chat_id: UUID,
    message_id: UUID,
    documents: Sequence[UUID | str],
) -> None:
    """The pictures of a message that is being sent; InvalidInput if one is none of this chat."""
    given = [*dict.fromkeys(map(str, documents))]
    values = {"owner": owner, "chat_id": chat_id, "message_id": message_id, "documents": given}
    if connection.execute(STORE, values).rowcount != len(given):
        raise InvalidInput.of("pictures", "Not a JPEG or PNG of this chat")


def read_pictures(
    connection: Connection, owner: UUID, messages: Sequence[UUID]
) -> list[SentPicture]:
    """The pictures of these messages that have not been deleted. As their owner."""
    given = {"owner": owner, "messages": [str(message) for message in messages]}
    rows = connection.execute(READ, {**given, "most": MOST_CHARACTERS})
    return [SentPicture(**row) for row in rows.mappings()]
