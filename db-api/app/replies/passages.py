"""What a reply has from documents: the passages found for its question, and its quotes.

The runner stores them, and reads no word of them. What the model is given, and what is shown, is
read in the name of the session whose reply it is.
"""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from app.db.transactions import acting_as_person
from app.replies.schemas import NewQuote, Passage
from app.text_tables import find_header

READ = text("""
SELECT r.document_id, d.name AS document, r.page, r.start_offset AS start, r.end_offset AS end,
    substr(p.text, r.start_offset + 1, r.end_offset - r.start_offset) AS text,
    r.sentence_start, r.sentence_end, left(p.text, r.end_offset) AS page_so_far
FROM reply_passages r
JOIN documents d ON d.id = r.document_id AND d.session_id = :owner
JOIN document_pages p
    ON p.document_id = r.document_id AND p.number = r.page AND p.session_id = :owner
WHERE r.message_id = :reply_id AND r.session_id = :owner
ORDER BY r.number
""")
STORE = text("""
INSERT INTO reply_passages
    (message_id, chat_id, session_id, number, document_id, page, start_offset, end_offset,
    sentence_start, sentence_end)
SELECT :reply_id, :chat_id, :owner, p.number, p.document_id, p.page, p.start, p.end,
    p.sentence_start, p.sentence_end
FROM json_to_recordset(CAST(:passages AS json)) AS p (
    number integer, document_id uuid, page integer, start integer, "end" integer,
    sentence_start integer, sentence_end integer
)
""")

# Until commit nobody deletes them: what points at them is about to be stored.
HOLD = text("""
SELECT id FROM documents
WHERE id = ANY(CAST(CAST(:documents AS text[]) AS uuid[])) AND session_id = :owner
FOR KEY SHARE
""")
# A quote is within a passage that was found for this very reply, or it isn't stored.
STORE_QUOTES = text("""
INSERT INTO quotes (message_id, chat_id, session_id, number, reply_start, reply_end, document_id,
    page, start_offset, end_offset)
SELECT :reply_id, :chat_id, :owner, q.number, q.start, q.end, q.document_id, q.page,
    q.quote_start, q.quote_end
FROM json_to_recordset(CAST(:quotes AS json)) AS q (
    number integer, start integer, "end" integer, document_id uuid, page integer,
    quote_start integer, quote_end integer
)
WHERE q.document_id IS NULL OR EXISTS (
    SELECT FROM reply_passages p
    WHERE p.message_id = :reply_id AND p.document_id = q.document_id AND p.page = q.page
        AND p.start_offset <= q.quote_start AND q.quote_end <= p.end_offset
)
""")


def read_passages(connection: Connection, owner: UUID, reply_id: UUID) -> list[Passage]:
    """What was found for a reply of this session, the best first. As that person."""
    rows = connection.execute(READ, {"owner": owner, "reply_id": reply_id})
    return [
        Passage.model_validate({**row, "header": find_header(row["page_so_far"], row["start"])})
        for row in rows.mappings()
    ]


def read_for_runner(connection: Connection, owner: UUID, reply_id: UUID) -> list[Passage]:
    """The same, within a runner's transaction."""
    with acting_as_person(connection, owner):
        return read_passages(connection, owner, reply_id)


def store_passages(
    connection: Connection, owner: UUID, chat_id: UUID, reply_id: UUID, found: Sequence[Passage]
) -> None:
    """Keeps what was found, in its order. As runner."""
    passages = [
        {
            "number": number,
            **passage.model_dump(mode="json", exclude={"text", "document", "header"}),
        }
        for number, passage in enumerate(found, 1)
    ]
    values = {"owner": owner, "chat_id": chat_id, "reply_id": reply_id}
    connection.execute(STORE, {**values, "passages": json.dumps(passages)})


def store_quotes(
    connection: Connection, owner: UUID, chat_id: UUID, reply_id: UUID, given: Sequence[NewQuote]
) -> None:
    """Keeps the quotes of a reply that is being written, but for those of documents deleted since
    they were found. As runner."""
    documents = sorted({str(quote.document_id) for quote in given if quote.document_id})
    if documents:
        with acting_as_person(connection, owner):
            connection.execute(HOLD, {"owner": owner, "documents": documents})
    quotes = [
        {"number": number, **quote.model_dump(mode="json")} for number, quote in enumerate(given, 1)
    ]
    values = {"owner": owner, "chat_id": chat_id, "reply_id": reply_id}
    connection.execute(STORE_QUOTES, {**values, "quotes": json.dumps(quotes)})
