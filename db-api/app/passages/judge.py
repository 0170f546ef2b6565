"""Whether a question can be answered from passages: if one or two neighbouring sentences have most
of its words.

A passage that has them here and there is only about the same subject. Rare words count more, but
not in full: the name of what is asked about is rare, and says nothing about an answer.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, text

from app.passages.schemas import FoundPassage
from app.passages.words import detect_language, split_words

JUDGED = 5  # of the passages that were found
# The share that must be there. Chosen with one half of the questions in `evaluation/`.
GOOD = 0.55
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n\s*\n")

COVER = text("""
WITH term AS MATERIALIZED (
    SELECT query, (CAST(:weights AS float8[]))[row_number() OVER (ORDER BY number)] AS weight
    FROM passage_terms(CAST(:words AS text[]), CAST(:language AS text), CAST(:languages AS text[]))
), place AS MATERIALIZED (
    SELECT number, passage_words(words, language) AS words
    FROM ROWS FROM (json_to_recordset(CAST(:places AS json)) AS (words text[], language text))
        WITH ORDINALITY AS p (words, language, number)
)
SELECT max(covered) / (SELECT sum(weight) FROM term)
FROM (
    SELECT sum(term.weight) AS covered FROM place JOIN term ON place.words @@ term.query
    GROUP BY place.number
) AS each
""")


def is_good(
    connection: Connection,
    asked: Mapping[str, object],
    rarities: Sequence[float],
    passages: Sequence[FoundPassage],
) -> bool:
    """`asked` are the parameters of the question's words, `rarities` how rare each of them is."""
    places = [place for passage in passages[:JUDGED] for place in describe_places(passage.text)]
    weights = [math.sqrt(rarity) for rarity in rarities]
    values = {**asked, "weights": weights, "places": json.dumps(places)}
    covered = connection.execute(COVER, values).scalar_one()
    return covered is not None and covered >= GOOD


def describe_places(passage: str) -> Iterator[dict[str, object]]:
    """The words of each two sentences that follow each other."""
    sentences = [sentence for sentence in SENTENCE_END.split(passage) if sentence.strip()]
    for first, second in zip(sentences, [*sentences[1:], ""], strict=True):
        words = split_words(f"{first} {second}")
        yield {"words": words, "language": detect_language(words)}
