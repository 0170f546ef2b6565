"""Finds the passages that a reply is to be answered from, for the worker that holds it.

They are stored with the reply. Whoever asks again, after an answer that got lost or as the
successor of a worker that died, gets the same ones, and nothing is searched twice.
"""

from uuid import UUID

from sqlalchemy import Connection, text

from app.answering.overview import asks_for_overview, names_nothing, read_overview
from app.answering.schemas import FindPassages, PassagesFound
from app.db.base import AnyRow
from app.db.transactions import acting_as_person
from app.errors import LeaseLost
from app.passages.search import find_passages
from app.prompt import trim
from app.prompt.build import build_prompt
from app.prompt.passages import budget, estimate_tokens, fill, is_given
from app.replies.passages import read_for_runner, store_passages
from app.replies.repository import lock_chat
from app.replies.schemas import Passage

LOOKED_AT = 8  # passages that the search brings, of which those are given that have room
NEAREST = 3  # are shown if none is good enough
MOST_WHOLE_PAGES = 30

# The question, and the one before it on the branch, which a follow-up is searched with. So long
# after the question nobody waits for documents to be read.
HELD = text("""
SELECT r.message_id, r.chat_id, r.session_id, r.mode, r.found, question.content AS question,
    now() - question.created_at > interval '60 s' AS is_late,
    before.content AS before,
    CASE earlier.mode WHEN 'free' THEN earlier.prompt_tokens + earlier.completion_tokens END AS used
FROM replies r
JOIN messages m ON m.id = r.message_id
JOIN messages question ON question.id = m.parent_id
LEFT JOIN messages answer ON answer.id = question.parent_id
LEFT JOIN messages before ON before.id = answer.parent_id
LEFT JOIN replies earlier ON earlier.message_id = answer.id
WHERE r.message_id = :reply_id AND r.worker = :worker AND r.state = 'running'
FOR NO KEY UPDATE OF r
""")
# Locked, so that none is deleted before what points at it is stored.
DOCUMENTS = text("""
SELECT d.name, d.state IN ('queued', 'running') AND NOT d.embedding AS unfinished,
    greatest(coalesce(d.pages, 1) - d.progress, 0) AS unread,
    (
        SELECT count(*) FROM document_pages p
        WHERE p.document_id = d.id AND p.session_id = :owner AND p.source = 'needs-ocr'
    ) AS needs_ocr
FROM chat_documents link JOIN documents d ON d.id = link.document_id
WHERE link.chat_id = :chat_id AND link.session_id = :owner AND d.session_id = :owner
ORDER BY d.id
FOR KEY SHARE OF d
""")
# Of pages with something on them, a few more than are ever given whole.
PAGES = text(rf"""
SELECT p.document_id, p.number AS page, char_length(p.text) AS "end", octet_length(p.text) AS size
FROM chat_documents link JOIN document_pages p ON p.document_id = link.document_id
WHERE link.chat_id = :chat_id AND link.session_id = :owner AND p.session_id = :owner
    AND p.text ~ '\S'
ORDER BY link.created_at, p.document_id, p.number
LIMIT {MOST_WHOLE_PAGES + 1}
""")  # noqa: S608 - joined from constants, nothing from outside
# Without documents nothing is said of them.
CONTENT = text(r"""
SELECT coalesce(bool_and(d.kind IN ('jpeg', 'png')), false) AS only_pictures,
    coalesce(bool_or(
        d.state IN ('queued', 'running') AND NOT d.embedding OR EXISTS (
            SELECT FROM document_pages p
            WHERE p.document_id = d.id AND p.session_id = :owner
                AND (p.text ~ '\S' OR p.source = 'needs-ocr')
        )
    ), true) AS has_text
FROM chat_documents link JOIN documents d ON d.id = link.document_id
WHERE link.chat_id = :chat_id AND link.session_id = :owner AND d.session_id = :owner
""")
FOUND = text("""
UPDATE replies SET found = :found, unread_pages = nullif(CAST(:unread AS integer), 0)
WHERE message_id = :reply_id
""")


def find_for_reply(
    connection: Connection, reply_id: UUID, request: FindPassages, *, context_size: int
) -> PassagesFound:
    """What the reply is to be answered from; searched for if that has not been done. Not decided
    while documents are being read, if what has been read does not answer it."""
    lock_chat(connection, reply_id)
    values = {"reply_id": reply_id, "worker": request.worker}
    held = connection.execute(HELD, values).one_or_none()
    if held is None or held.mode == "free":
        raise LeaseLost
    owner, chat_id, found = held.session_id, held.chat_id, held.found
    if found is None:
        with acting_as_person(connection, owner):
            room = budget(context_size, held.question)
            best, found, unread = _search(connection, held, request, room)
        if found is not None:
            store_passages(connection, owner, chat_id, reply_id, best)
            connection.execute(FOUND, {"reply_id": reply_id, "found": found, "unread": unread})
    passages = read_for_runner(connection, owner, reply_id)
    given = passages if is_given(held.mode, found) else []
    if held.found is None and given and held.used:
        # No reply before this one was measured with passages.
        used = held.used + estimate_tokens(held.question, *(passage.text for passage in given))
        trim.move_if_full(connection, chat_id, reply_id, used, context_size)
    prompt = build_prompt(connection, owner, chat_id, reply_id, passages=given)
    with acting_as_person(connection, owner):
        content = connection.execute(CONTENT, {"owner": owner, "chat_id": chat_id}).one()
    return PassagesFound(
        found=found,
        has_text=content.has_text,
        only_pictures=content.only_pictures,
        passages=passages,
        prompt=prompt,
    )


def _search(
    connection: Connection, held: AnyRow, request: FindPassages, room: int
) -> tuple[list[Passage], bool | None, int]:
    """The passages, whether they are good enough, and how many pages nobody could search. None:
    what is being read may be better. As the person who asked."""
    owned = {"owner": held.session_id, "chat_id": held.chat_id}
    documents = connection.execute(DOCUMENTS, owned).all()
    unread = sum(d.needs_ocr + (d.unread if d.unfinished else 0) for d in documents)
    whole = []
    if held.mode == "documents" and documents and not unread:
        whole = _read_whole(connection, owned, room)
    if held.mode == "documents" and asks_for_overview(held.question, (d.name for d in documents)):
        parts = whole or read_overview(connection, held.session_id, held.chat_id, room)
        if parts:
            return parts, True, unread
    found = find_passages(
        connection,
        held.session_id,
        held.chat_id,
        held.question,
        before=held.before,
        vector=request.vector,
        vector_model=request.vector_model,
        limit=LOOKED_AT,
    )
    if whole and (found.related or names_nothing(held.question)):
        return whole, True, 0
    passages = [
        Passage(
            document_id=p.document_id,
            document=p.name,
            page=p.page,
            start=p.start,
            end=p.end,
            text=p.text,
            sentence_start=p.sentence_start,
            sentence_end=p.sentence_end,
            header=p.header,
        )
        for p in found.passages
    ]
    if found.good:
        return fill(passages, room), True, unread
    waits = not held.is_late and any(d.unfinished for d in documents)
    return passages[:NEAREST], None if waits else False, unread


def _read_whole(connection: Connection, owned: dict[str, UUID], room: int) -> list[Passage]:
    """All pages, if all of them have room."""
    pages = connection.execute(PAGES, owned).all()
    if len(pages) > MOST_WHOLE_PAGES or sum(page.size for page in pages) > room:
        return []
    return [
        Passage(document_id=p.document_id, document="", page=p.page, start=0, end=p.end, text="")
        for p in pages
    ]
