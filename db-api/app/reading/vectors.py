"""The vectors of a document's passages, by the worker that has claimed it for them."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from app.errors import DocumentNotFound
from app.jobs.leases import HELD
from app.reading.repository import do_others_wait, renew
from app.reading.schemas import PassageVectors

BATCH = 8  # passages: a vector takes about 0.1 s, a lease is short

LIST = text("""
SELECT p.id, p.text FROM passages p
WHERE p.document_id = :id AND NOT EXISTS (
    SELECT FROM passage_vectors v WHERE v.passage_id = p.id AND v.model = :model
)
ORDER BY p.id LIMIT :most
""")
# Of the document's passages, and no others.
STORE = text("""
INSERT INTO passage_vectors (passage_id, document_id, session_id, model, vector)
SELECT p.id, p.document_id, :session_id, :model, v.vector
FROM json_to_recordset(CAST(:vectors AS json)) AS v (passage bigint, vector real[])
JOIN passages p ON p.id = v.passage
WHERE p.document_id = :id
ON CONFLICT (passage_id) DO UPDATE SET model = excluded.model, vector = excluded.vector
""")
FINISH = text(f"""
UPDATE documents
SET state = 'complete', embedding = false, vector_model = :model, finished_at = now()
WHERE id = :id AND embedding AND {HELD} RETURNING id
""")  # noqa: S608 - joined from constants, nothing from outside


def list_passages(
    connection: Connection, worker: str, document_id: UUID, model: str
) -> Sequence[RowMapping]:
    """The next ones that lack a vector of the model."""
    held = renew(connection, worker, document_id)
    values = held | {"model": model, "most": BATCH}
    return connection.execute(LIST, values).mappings().all()


def store(connection: Connection, worker: str, document_id: UUID, given: PassageVectors) -> bool:
    """Whether others wait to be read."""
    held = renew(connection, worker, document_id)
    vectors = json.dumps([vector.model_dump() for vector in given.vectors])
    connection.execute(STORE, held | {"model": given.model, "vectors": vectors})
    return do_others_wait(connection)


def finish(connection: Connection, worker: str, document_id: UUID, model: str) -> None:
    values = {"worker": worker, "id": document_id, "model": model}
    if connection.execute(FINISH, values).one_or_none() is None:
        raise DocumentNotFound
