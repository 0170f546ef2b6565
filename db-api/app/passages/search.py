"""Finds the passages that answer a question, among those of one chat's documents, or of all.

They are searched by words and, where there is a model for that, by vectors, and both rankings are
fused. All of these passages are compared, because an index would cost more when documents are
read than it saves here, or lose results (docs/decisions/0019-passages.md). Only where there are
very many, vectors are found by an index.
"""

import json
from collections.abc import Sequence
from itertools import islice
from uuid import UUID

from sqlalchemy import Connection, text

from app.db.base import AnyRow
from app.passages.judge import GOOD, JUDGED, measure_cover
from app.passages.schemas import Found, FoundPassage
from app.passages.words import LANGUAGES, detect_language_of_question, split_words
from app.text_tables import find_header

CANDIDATES = 20  # passages of each way to search
NEAREST = 400  # sentences, which are of that many passages at least
FUSION = 1  # reciprocal rank fusion's k: how little the first places differ
EXACT = 200_000  # vectors that are all compared: below that an index is not worth its misses
WORDS = 100  # of a question that are searched for
BEFORE_WEIGHT = 0.5  # of a word that only the question before has

OF_CHAT = """
FROM chat_documents link JOIN passages p ON p.document_id = link.document_id
WHERE link.chat_id = :chat AND link.session_id = :owner AND p.session_id = :owner
"""
OF_ALL = "FROM passages p WHERE p.session_id = :owner"
RANK = """
WITH term AS MATERIALIZED (
    SELECT number, query
    FROM passage_terms(CAST(:words AS text[]), CAST(:language AS text), CAST(:languages AS text[]))
), hit AS MATERIALIZED (
    SELECT searched.id, term.number
    FROM (SELECT p.id, p.words {searched}) AS searched JOIN term ON searched.words @@ term.query
), rarity AS MATERIALIZED (
    SELECT term.number, (CAST(:weights AS float8[]))[term.number]
        * ln(1 + (SELECT count(*) {searched}) / (0.5 + count(hit.id))) AS value
    FROM term LEFT JOIN hit USING (number) GROUP BY term.number
)
SELECT hit.id, (SELECT count(*) {searched}) AS searched,
    (SELECT array_agg(value ORDER BY number) FROM rarity) AS rarities
FROM hit JOIN rarity USING (number)
GROUP BY hit.id ORDER BY sum(rarity.value) DESC, hit.id LIMIT :most
"""
BY_WORDS = text(RANK.format(searched=OF_CHAT))
BY_WORDS_IN_ALL = text(RANK.format(searched=OF_ALL))
HAS_PGVECTOR = text("SELECT to_regtype('halfvec') IS NOT NULL")
# Materialized, so that no index may be used.
BY_VECTOR = text("""
WITH compared AS MATERIALIZED (
    SELECT v.passage_id AS id, v.start_offset, v.end_offset,
        v.vector <=> CAST(:vector AS halfvec) AS distance
    FROM chat_documents link JOIN passage_vectors v ON v.document_id = link.document_id
    WHERE link.chat_id = :chat AND link.session_id = :owner AND v.session_id = :owner
        AND v.model = :model
    LIMIT :exact
)
SELECT *, (SELECT count(*) FROM compared) AS compared FROM compared
ORDER BY distance, id LIMIT :most
""")
# The index is walked until enough of what it hands out is the chat's: others' rows are left out
# only after that.
USE_INDEX = text("""
SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),
    set_config('hnsw.max_scan_tuples', '1000000', true),
    set_config('hnsw.ef_search', '1000', true), set_config('enable_sort', 'off', true),
    set_config('enable_seqscan', 'off', true)
""")
BY_INDEX = text("""
WITH near AS MATERIALIZED (
    SELECT v.passage_id AS id, v.start_offset, v.end_offset,
        v.vector <=> CAST(:vector AS halfvec) AS distance
    FROM passage_vectors v
    WHERE v.session_id = :owner AND v.model = :model AND v.document_id IN (
        SELECT document_id FROM chat_documents WHERE chat_id = :chat AND session_id = :owner
    )
    ORDER BY v.vector <=> CAST(:vector AS halfvec) LIMIT :most
)
SELECT * FROM near ORDER BY distance, id
""")
READ = text("""
SELECT p.id, p.document_id, d.name, p.page, p.start_offset AS start, p.end_offset AS end, p.text,
    left(page.text, p.end_offset) AS page_so_far
FROM passages p JOIN documents d ON d.id = p.document_id
JOIN document_pages page ON page.document_id = p.document_id AND page.number = p.page
WHERE p.id = ANY (CAST(:ids AS bigint[])) AND p.session_id = :owner AND d.session_id = :owner
    AND page.session_id = :owner
""")


def find_passages(
    connection: Connection,
    session_id: UUID,
    chat_id: UUID,
    question: str,
    *,
    before: str | None,
    vector: list[float] | None,
    vector_model: str | None,
    limit: int,
) -> Found:
    """At most ``limit`` passages of the documents of the session's chat. The transaction acts for
    the session. ``before`` is the question before, with which a follow-up is searched together."""
    whose = {"owner": session_id, "chat": chat_id}
    asked = describe_words(question, before)
    by_words = connection.execute(BY_WORDS, whose | asked).all()
    near = find_near(connection, whose, vector, vector_model) if vector and vector_model else {}
    places = fuse([row.id for row in by_words], list(near))
    return _judge(connection, session_id, asked, by_words, places, near, limit)


def _judge(
    connection: Connection,
    session_id: UUID,
    asked: dict[str, object],
    by_words: Sequence[AnyRow],
    places: list[int],
    near: dict[int, AnyRow],
    limit: int,
) -> Found:
    """The first ``limit`` of these places, and how well they fit."""
    values = {"owner": session_id, "ids": places[:limit]}
    rows = {row.id: row for row in connection.execute(READ, values)}
    # One may have been deleted just now.
    found = {
        place: describe(rows[place], near.get(place)) for place in places[:limit] if place in rows
    }
    rarities, searched = (by_words[0].rarities, by_words[0].searched) if by_words else ([], 0)
    judged = [found[row.id] for row in by_words[:JUDGED] if row.id in found]
    cover = measure_cover(connection, asked, rarities, searched, judged)
    return Found(passages=[*found.values()], good=cover >= GOOD, related=cover > 0)


def find_in_all(connection: Connection, session_id: UUID, words: str, limit: int) -> Found:
    """At most ``limit`` passages of all the session's documents, by their words."""
    whose, asked = {"owner": session_id}, describe_words(words, None)
    by_words = connection.execute(BY_WORDS_IN_ALL, whose | asked).all()
    return _judge(connection, session_id, asked, by_words, [row.id for row in by_words], {}, limit)


def find_near(
    connection: Connection, whose: dict[str, UUID], vector: list[float], model: str
) -> dict[int, AnyRow]:
    """The passages with the nearest sentences, the nearest first: each one's best sentence, and its
    cosine distance."""
    if not connection.execute(HAS_PGVECTOR).scalar_one():
        return {}
    values = whose | {"vector": json.dumps(vector), "model": model, "most": NEAREST}
    sentences = connection.execute(BY_VECTOR, values | {"exact": EXACT}).all()
    if sentences and sentences[0].compared == EXACT:
        connection.execute(USE_INDEX)
        sentences = connection.execute(BY_INDEX, values).all()
    best: dict[int, AnyRow] = {}
    for sentence in sentences:
        best.setdefault(sentence.id, sentence)
    return dict(islice(best.items(), CANDIDATES))


def describe(passage: AnyRow, nearest: AnyRow | None) -> FoundPassage:
    """With its sentence that is nearest by vectors."""
    found = FoundPassage.model_validate(passage)
    found.header = find_header(passage.page_so_far, passage.start)
    if nearest:
        found.sentence_start, found.sentence_end = nearest.start_offset, nearest.end_offset
    return found


def describe_words(question: str, before: str | None) -> dict[str, object]:
    """The parameters of BY_WORDS that come from the questions."""
    asked = split_words(question)
    earlier = [word for word in split_words(before or "") if word not in asked]
    weights = [1.0] * len(asked) + [BEFORE_WEIGHT] * len(earlier)
    return {
        "words": (asked + earlier)[:WORDS],
        "own": asked[:WORDS],
        "weights": weights[:WORDS],
        "language": detect_language_of_question(asked) or detect_language_of_question(earlier),
        "languages": LANGUAGES,
        "most": CANDIDATES,
    }


def fuse(*rankings: list[int]) -> list[int]:
    """One ranking of several, by reciprocal ranks."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking, 1):
            scores[place] = scores.get(place, 0) + 1 / (FUSION + rank)
    return sorted(scores, key=lambda place: -scores[place])
