"""The reading of documents, by the worker that holds them. As reader: row security shows it only
what is being read."""

import json
from collections.abc import Iterator
from itertools import chain
from uuid import UUID

from sqlalchemy import Connection, text

from app.errors import DocumentNotFound, InvalidInput
from app.files.models import BLOCK_BYTES
from app.jobs.leases import HELD, RENEWAL
from app.passages.words import detect_language, split_words
from app.reading.schemas import Job, ReadingEnd, ReadPage, Waiting, WorkerSkills
from app.text_tables import find_headers

HAND_BACK = text("SELECT hand_back_documents(:worker, :predecessor, :ocr, :sound, :vector_model)")
CLAIM = text("SELECT claim_document(:worker, :sound)")
FIND = text(f"""
SELECT d.id, d.kind, (f.size + {BLOCK_BYTES} - 1) / {BLOCK_BYTES} AS blocks,
    d.shown_file_id IS NOT NULL AS shown, d.embedding, is_reply_awaited() AS reply_awaited,
    ARRAY(
        SELECT number FROM document_pages p
        WHERE p.document_id = d.id AND NOT (:ocr AND p.source = 'needs-ocr') ORDER BY number
    ) AS done
FROM documents d JOIN files f ON f.id = d.file_id
WHERE d.id = :id
""")  # noqa: S608 - joined from constants, nothing from outside

# A document is updated once in a transaction: the second time, PostgreSQL would look for its file,
# too, which whoever deletes it holds while they wait for the document.
HOLD = text(f"""
SELECT session_id, file_id, shown_file_id, kind FROM documents
WHERE id = :id AND {HELD} FOR NO KEY UPDATE
""")  # noqa: S608 - joined from constants, nothing from outside
RENEW = text(f"""
UPDATE documents SET {RENEWAL}, pages = coalesce(:pages, pages)
WHERE id = :id AND {HELD} RETURNING session_id, file_id, shown_file_id, kind
""")  # noqa: S608 - joined from constants, nothing from outside
READ_BLOCK = text("SELECT bytes FROM file_blocks WHERE file_id = :file_id AND number = :number")

# A page is stored once. Only what had to wait for a Tesseract is written again.
STORE_PAGES = text("""
WITH page AS (
    SELECT * FROM json_to_recordset(CAST(:pages AS json))
        AS p (number integer, text varchar, source varchar)
), corrected AS (
    UPDATE document_pages d SET text = page.text, source = page.source
    FROM page
    WHERE d.document_id = :id AND d.number = page.number AND d.source = 'needs-ocr'
    RETURNING d.number
), added AS (
    INSERT INTO document_pages (document_id, session_id, number, text, source)
    SELECT :id, :session_id, number, text, source FROM page
    ON CONFLICT (document_id, number) DO NOTHING
    RETURNING number
)
SELECT number FROM corrected UNION ALL SELECT number FROM added
""")
STORE_PASSAGES = text("""
INSERT INTO passages (document_id, session_id, page, start_offset, end_offset, text, words)
SELECT :id, :session_id, page, start_offset, end_offset, text, passage_words(words, language)
FROM json_to_recordset(CAST(:passages AS json)) AS p (
    page integer, start_offset integer, end_offset integer, text varchar,
    words text[], language text
)
""")
COUNT_PAGES = text(f"""
UPDATE documents SET {RENEWAL}, progress = progress + :count WHERE id = :id
""")  # noqa: S608 - joined from constants, nothing from outside
WAITING = text("""
SELECT EXISTS (SELECT FROM documents WHERE state = 'queued') AS others_wait,
    is_reply_awaited() AS reply_awaited
""")

NEW_FILE = text("SELECT uuidv7()")
# Before the document is locked: this looks for its session, which whoever deletes all data has
# locked while they wait for the document.
KEEP_PICTURE = text(f"""
INSERT INTO files (id, session_id, size, received, stored_at)
SELECT :file_id, session_id, :size, :size, now() FROM documents
WHERE id = :id AND {HELD} AND kind IN ('jpeg', 'png') AND shown_file_id IS NULL
""")  # noqa: S608 - joined from constants, nothing from outside
SHOW_PICTURE = text(f"""
UPDATE documents SET {RENEWAL}, shown_file_id = :file_id WHERE id = :id AND shown_file_id IS NULL
""")  # noqa: S608 - joined from constants, nothing from outside
FILL_PICTURE = text("""
INSERT INTO file_blocks (file_id, session_id, number, bytes)
VALUES (:file_id, :session_id, 0, :bytes)
""")

# Of a recording, only the text is kept. The same one may come again.
# Its file is locked before it, as by whoever deletes it.
LOCK_RECORDING = text("""
SELECT FROM files f JOIN documents d ON d.file_id = f.id
WHERE d.id = :id AND d.kind = 'sound' FOR UPDATE OF f
""")
DROP_BLOCKS = text("DELETE FROM file_blocks WHERE file_id = :file_id")
EMPTY_FILE = text("UPDATE files SET size = 0, received = 0, sha256 = NULL WHERE id = :file_id")
FINISH = text(f"""
UPDATE documents
SET state = CASE WHEN CAST(:error AS varchar) IS NULL THEN 'complete' ELSE 'failed' END,
    error = :error, read_with = :read_with, finished_at = now(), vector_model = NULL
WHERE id = :id AND NOT embedding AND {HELD} RETURNING id
""")  # noqa: S608 - joined from constants, nothing from outside
# Its turn ends now: so others come before its next one.
RELEASE = text(f"""
UPDATE documents
SET state = CASE WHEN embedding THEN 'complete' ELSE 'queued' END, embedding = false,
    worker = NULL, lease_until = NULL, finished_at = CASE WHEN embedding THEN now() END,
    started_at = clock_timestamp()
WHERE id IN (SELECT id FROM documents WHERE {HELD} FOR NO KEY UPDATE)
""")  # noqa: S608 - joined from constants, nothing from outside


def hand_back(connection: Connection, worker: str, skills: WorkerSkills) -> None:
    """Queue what nobody reads any more. In a transaction before that of the claim."""
    connection.execute(HAND_BACK, {"worker": worker, **skills.model_dump()})


def claim(connection: Connection, worker: str, skills: WorkerSkills) -> Job | None:
    """The document whose turn it is, under a new lease."""
    claimed = connection.execute(CLAIM, {"worker": worker, "sound": skills.sound})
    document = claimed.scalar_one_or_none()
    if document is None:
        return None
    found = connection.execute(FIND, {"id": document, "ocr": skills.ocr}).mappings().one()
    return Job.model_validate(dict(found))


def renew(
    connection: Connection, worker: str, document_id: UUID, pages: int | None = None
) -> dict[str, object]:
    """The lease of a document that the worker holds; locked until commit. Else DocumentNotFound."""
    values = {"worker": worker, "id": document_id, "pages": pages}
    held = connection.execute(RENEW, values).mappings().one_or_none()
    if held is None:
        raise DocumentNotFound
    return {"id": document_id, **held}


def hold(connection: Connection, worker: str, document_id: UUID) -> dict[str, object]:
    """A document that the worker holds, locked until commit, else DocumentNotFound. Its lease is
    renewed with what is stored."""
    held = connection.execute(HOLD, {"worker": worker, "id": document_id}).mappings().one_or_none()
    if held is None:
        raise DocumentNotFound
    return {"id": document_id, **held}


def read_block(connection: Connection, worker: str, document_id: UUID, number: int) -> bytes:
    held = renew(connection, worker, document_id)
    found = connection.execute(READ_BLOCK, {"file_id": held["file_id"], "number": number})
    block = found.scalar_one_or_none()
    if block is None:
        raise DocumentNotFound
    return bytes(block)


def store_pages(
    connection: Connection, worker: str, document_id: UUID, pages: list[ReadPage]
) -> None:
    """A page that is stored already stays as it is."""
    held = hold(connection, worker, document_id)
    given = [page.model_dump(exclude={"passages"}) for page in pages]
    stored = set(connection.execute(STORE_PAGES, held | {"pages": json.dumps(given)}).scalars())
    passages = [passage for page in pages if page.number in stored for passage in describe(page)]
    connection.execute(STORE_PASSAGES, held | {"passages": json.dumps(passages)})
    connection.execute(COUNT_PAGES, held | {"count": len(stored)})


def find_waiting(connection: Connection) -> Waiting:
    """Who waits, of all sessions."""
    return Waiting.model_validate(dict(connection.execute(WAITING).mappings().one()))


def describe(page: ReadPage) -> Iterator[dict[str, object]]:
    """Its passages, as they are stored. They are found by the headers of their tables, too."""
    headers = find_headers(page.text, (start for start, _ in page.passages))
    words = [
        split_words(f"{header}\n{page.text[start:end]}")
        for header, (start, end) in zip(headers, page.passages, strict=True)
    ]
    language = detect_language(chain.from_iterable(words))
    for (start, end), own in zip(page.passages, words, strict=True):
        yield {
            "page": page.number,
            "start_offset": start,
            "end_offset": end,
            "text": page.text[start:end],
            "words": own,
            "language": language,
        }


def store_picture(connection: Connection, worker: str, document_id: UUID, jpeg: bytes) -> None:
    """What is shown of a picture; the first one stays. InvalidInput for another document."""
    file = {"file_id": connection.execute(NEW_FILE).scalar_one(), "size": len(jpeg)}
    kept = connection.execute(KEEP_PICTURE, file | {"worker": worker, "id": document_id}).rowcount
    held = hold(connection, worker, document_id)
    if held["kind"] not in ("jpeg", "png"):
        raise InvalidInput.of("document_id", "This document is not a picture")
    if kept:
        if not connection.execute(SHOW_PICTURE, held | file).rowcount:
            raise DocumentNotFound  # to be shown: another call has stored one meanwhile
        connection.execute(FILL_PICTURE, held | file | {"bytes": jpeg})


def finish(connection: Connection, worker: str, document_id: UUID, ending: ReadingEnd) -> None:
    connection.execute(LOCK_RECORDING, {"id": document_id})
    held = hold(connection, worker, document_id)
    if held["kind"] == "sound":
        connection.execute(DROP_BLOCKS, held)
        connection.execute(EMPTY_FILE, held)
    values = {"worker": worker, "id": document_id, **ending.model_dump()}
    if connection.execute(FINISH, values).one_or_none() is None:
        raise DocumentNotFound


def release(connection: Connection, worker: str) -> None:
    """What the worker holds is queued again, with its pages; or read, and without vectors."""
    connection.execute(RELEASE, {"worker": worker})
