"""Whether a question can be answered from passages: if one sentence has most of its words.

A passage that has the words here and there is only about the same subject. Rare words count more,
but not in full: the name of what is asked about is rare, and says nothing about an answer. Vectors
find passages but don't tell whether they answer (docs/decisions/0019-passages.md), so they have no
say.

The threshold was chosen with one half of the questions in `evaluation/`.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from sqlalchemy import Connection, text

from app.passages.schemas import FoundPassage
from app.passages.words import ASKING_WORDS, detect_language, split_words
from app.text_tables import FIELD, MOST_WORDS, are_fields, is_header, is_row, names_columns

JUDGED = 5  # of the passages, the best by words
GOOD = 0.55  # the share of the words that must be there
FEW_PASSAGES = 100  # in which rarity does not tell the words that questions are asked with
PAIR = 0.85  # what two neighbouring sentences count, of one that has all their words
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n\s*\n")

COVER = text("""
WITH term AS MATERIALIZED (
    SELECT query, CASE WHEN (CAST(:words AS text[]))[number] <> ALL (CAST(:asking AS text[]))
        THEN (CAST(:weights AS float8[]))[row_number() OVER (ORDER BY number)] ELSE 0 END AS weight
    FROM passage_terms(CAST(:words AS text[]), CAST(:language AS text), CAST(:languages AS text[]))
), place AS MATERIALIZED (
    SELECT number, counts, passage_words(words, language) AS words
    FROM ROWS FROM (
        json_to_recordset(CAST(:places AS json)) AS (words text[], language text, counts float8)
    ) WITH ORDINALITY AS p (words, language, counts, number)
)
SELECT coalesce(max(covered), 0) / (SELECT nullif(sum(weight), 0) FROM term)
FROM (
    SELECT place.counts * sum(term.weight) AS covered
    FROM place JOIN term ON place.words @@ term.query
    GROUP BY place.number, place.counts
) AS each
""")


def measure_cover(
    connection: Connection,
    asked: Mapping[str, object],
    rarities: Sequence[float],
    searched: int,
    passages: Sequence[FoundPassage],
) -> float:
    """The share of the question's words that one place has; of a follow-up without a word of its
    own, that of the question before. `asked` are the parameters of the words, the question's own
    first, and `rarities` how rare each of them is among the `searched` passages."""
    places = [
        place
        for passage in passages
        for place in describe_places(
            f"{passage.header}\n{passage.text}".strip(), find_title(passage)
        )
    ]
    weights = [math.sqrt(rarity) for rarity in rarities]
    asking = ASKING_WORDS if searched < FEW_PASSAGES else []
    values = {**asked, "weights": weights, "asking": asking, "places": json.dumps(places)}
    for words in (asked["own"], asked["words"]):
        share = connection.execute(COVER, values | {"words": words}).scalar_one()
        if share is not None:
            return float(share)
    return 0.0


def describe_places(passage: str, title: str = "") -> Iterator[dict[str, object]]:
    """The words of each sentence, of each row of a table, of each line of a form behind the
    document's title, and of each two sentences that follow each other."""
    parts = SENTENCE_END.split(end_paragraphs(passage))
    sentences = [sentence for sentence in parts if sentence.strip()]
    pairs = [f"{first} {second}" for first, second in pairwise(sentences)]
    fields = [f"{title} {line}" for line in passage.split("\n") if title and FIELD.match(line)]
    for counts, places in ((1, [*sentences, *read_rows(passage), *fields]), (PAIR, pairs)):
        for place in places:
            words = split_words(place)
            yield {"words": words, "language": detect_language(words), "counts": counts}


def end_paragraphs(text: str) -> str:
    """With an empty line behind each line that ends early: what a PDF has as space behind headings
    and paragraphs is not in its text."""
    lines = text.split("\n")
    width = max(map(len, lines))
    return "\n".join(f"{line}\n" if len(line) < width / 2 else line for line in lines)


def read_rows(passage: str) -> Iterator[str]:
    """Those of tables, each behind the passage's heading and the header that says what its numbers
    are; and a line of a form with a number, behind the heading. Two rows at least, one below the
    other, are a table, or one by itself below the heading. Empty lines, which a text from a
    picture has anywhere, don't count. (chat-ui's `answering/lines.py` has the same rule, and needs
    no table of one row.)"""
    heading, above = find_heading(passage), (0, "")
    lines = [line.strip() for line in passage.split("\n")]
    with_words = [each for each in enumerate(lines) if any(map(str.isalnum, each[1]))]
    for are_rows, run in groupby(with_words, lambda line: is_row(line[1])):
        numbers, rows = zip(*run, strict=True)
        stands_alone = not any(lines[numbers[-1] + 1 : numbers[-1] + 2])
        is_below_heading = bool(heading) and above[1] == heading
        if are_rows and (len(rows) > 1 or (is_below_heading and stands_alone)):
            has_header = names_columns(rows[0], rows[1:])
            header = rows[0] if has_header else above[1]
            is_far = not has_header and numbers[0] > above[0] + 1
            says = is_header(header) and not is_far and not are_fields(header, rows[0])
            parts = dict.fromkeys((heading, header if says else ""))
            yield from (" ".join(filter(None, (*parts, row))) for row in rows[has_header:])
        elif are_rows and heading and FIELD.match(rows[0]):
            yield f"{heading} {rows[0]}"
        above = numbers[-1], rows[-1]


def find_title(passage: FoundPassage) -> str:
    """The first line of a document, if that is short and no line of a form itself; empty of what
    is not its beginning."""
    first = passage.text.partition("\n")[0].strip()
    is_title = len(first.split()) <= MOST_WORDS and not FIELD.match(first)
    return first if is_title and (passage.page, passage.start) == (1, 0) else ""


def find_heading(passage: str) -> str:
    """Its first line, if that stands alone; empty if it has none. "Invoice 2026-117" is one, too,
    unless the line below could be a row as well."""
    first, *below = passage.strip().split("\n", 2)
    stands_alone = bool(below) and not below[0].strip()
    second = "\n".join(below).strip().partition("\n")[0]
    is_heading = is_header(first) and not (is_row(first) and is_row(second))
    return first.strip() if stands_alone and is_heading else ""
