"""The vectors of the sentences in a document's passages, by the worker that has claimed it for
them."""

import json
from uuid import UUID

from sqlalchemy import Connection, text

from app.errors import DocumentNotFound
from app.jobs.leases import HELD
from app.reading.repository import renew
from app.reading.schemas import PassageText, PassageTexts, PassageVectors

# Passages: the vectors of one take about 0.2 s, and a lease is short.
BATCH = 4
TITLE_CHARACTERS = 80

LIST = text("""
SELECT p.id, p.text FROM passages p
WHERE p.document_id = :id AND NOT EXISTS (
    SELECT FROM passage_vectors v WHERE v.passage_id = p.id AND v.model = :model
)
ORDER BY p.id LIMIT :most
""")
FIRST = text("""
SELECT text FROM passages WHERE document_id = :id ORDER BY page, start_offset LIMIT 1
""")
# Of the document's passages, and no others.
STORE = text("""
INSERT INTO passage_vectors
    (passage_id, document_id, session_id, start_offset, end_offset, model, vector)
SELECT p.id, p.document_id, :session_id, p.start_offset + v.start, p.start_offset + v.end,
    :model, v.vector
FROM json_to_recordset(CAST(:vectors AS json))
    AS v (passage bigint, start integer, "end" integer, vector real[])
JOIN passages p ON p.id = v.passage
WHERE p.document_id = :id AND p.start_offset + v.end <= p.end_offset
ON CONFLICT (passage_id, start_offset) DO UPDATE
SET end_offset = excluded.end_offset, model = excluded.model, vector = excluded.vector
""")
FINISH = text(f"""
UPDATE documents
SET state = 'complete', embedding = false, vector_model = :model, finished_at = now()
WHERE id = :id AND embedding AND {HELD} RETURNING id
""")  # noqa: S608 - joined from constants, nothing from outside


def list_passages(
    connection: Connection, worker: str, document_id: UUID, model: str
) -> PassageTexts:
    """The next ones that lack vectors of the model."""
    held = renew(connection, worker, document_id)
    rows = connection.execute(LIST, held | {"model": model, "most": BATCH})
    passages = [PassageText.model_validate(row) for row in rows]
    first = connection.execute(FIRST, held).scalar_one_or_none() or ""
    return PassageTexts(title=first.partition("\n")[0][:TITLE_CHARACTERS], passages=passages)


def store(connection: Connection, worker: str, document_id: UUID, given: PassageVectors) -> None:
    """Those of the document's passages."""
    held = renew(connection, worker, document_id)
    vectors = json.dumps([vector.model_dump() for vector in given.vectors])
    connection.execute(STORE, held | {"model": given.model, "vectors": vectors})


def finish(connection: Connection, worker: str, document_id: UUID, model: str) -> None:
    values = {"worker": worker, "id": document_id, "model": model}
    if connection.execute(FINISH, values).one_or_none() is None:
        raise DocumentNotFound
