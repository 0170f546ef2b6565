"""Finds the sentences of documents that support those of a reply, without any model.

Most of the words must be there, weighed by how rare they are in the passages; all numbers and all
names; and both say no, or neither. What the model itself writes about its sources plays no part.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from app.answering.lines import Table, find_tables
from app.answering.sentences import SIGNS, Sentence, cut_markdown, cut_rows, find_quoted, has
from app.clients.queue_types import NewQuote, Passage

ENOUGH = 0.6  # of the weight of a sentence's words
SMALL = 3  # letters of a word that says little by itself
SAYS_LITTLE = 0.3
FEW_WORDS = 2  # of a sentence that has to be there as a whole


@dataclass(frozen=True)
class Source:
    """A sentence of a passage, or two that follow each other; a row of a table, or the whole of
    it."""

    passage: Passage
    sentence: Sentence
    table: Table | None = None

    @cached_property
    def words(self) -> frozenset[str]:
        """Those above its columns count as a row's own."""
        above = Sentence(0, 0, self.table.header if self.table else "").words
        return self.sentence.words | above

    def quote(self, said: Sentence) -> NewQuote:
        """As what supports a sentence of the reply."""
        start, end = find_quoted(self.sentence, self.table)
        return NewQuote(
            start=said.start,
            end=said.end,
            document_id=self.passage.document_id,
            page=self.passage.page,
            quote_start=self.passage.start + start,
            quote_end=self.passage.start + end,
        )


class Words:
    """How much a word tells: the fewer sentences have it, the more."""

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        self._count = len(sentences)
        self._having = Counter(word for sentence in sentences for word in sentence.words)

    def weigh(self, word: str) -> float:
        rare = math.log(1 + self._count / max(1, self._having[word]))
        little = len(word) <= SMALL and not word[0].isdigit() and word.isascii()
        return rare * (SAYS_LITTLE if little else 1)

    def share(self, wanted: Sentence, given: frozenset[str]) -> float:
        """How much of what a sentence says there are words for, from 0 to 1."""
        weights = {word: self.weigh(word) for word in wanted.words}
        there = sum(weight for word, weight in weights.items() if has(given, word))
        return there / (sum(weights.values()) or 1)


def align(reply: str, passages: Sequence[Passage]) -> list[NewQuote]:
    """For each sentence of the reply that states something: its best source, or none. A whole table
    is one only of what hasn't a single number, which has to be in the right row."""
    singles = [
        Source(passage, *cut)
        for passage in passages
        for cut in cut_rows(passage.text, passage.header)
    ]
    words = Words([source.sentence for source in singles])
    pairs = list(_pair(singles))
    tables = [source for passage in passages for source in _list_tables(passage)]
    quotes = []
    for said in cut_markdown(reply):
        telling = _count_telling(said)
        in_rows = [] if len(said.numbers) == 1 else tables
        source = next(
            filter(None, (_find_best(said, each, words) for each in (singles, in_rows, pairs))),
            None,
        )
        if source and telling:
            quotes.append(source.quote(said))
        elif telling > 1:
            quotes.append(NewQuote(start=said.start, end=said.end))
    return quotes


def point_at(passages: Iterable[Passage]) -> list[NewQuote]:
    """Quotes of whole passages, which no sentence is built on."""
    return [
        NewQuote(document_id=p.document_id, page=p.page, quote_start=p.start, quote_end=p.end)
        for p in passages
    ]


def _count_telling(said: Sentence) -> int:
    """Its words that state something; none of a question, and of what only announces others."""
    if said.text.endswith((":", "?")):
        return 0
    return sum(len(word) > SMALL or not word.isascii() or word[0].isdigit() for word in said.words)


def _list_tables(passage: Passage) -> Iterator[Source]:
    for table in find_tables(passage.text):
        text = passage.text[table.start : table.end]
        yield Source(passage, Sentence(table.start, table.end, text))


def _pair(sources: Sequence[Source]) -> Iterator[Source]:
    for one, next_one in pairwise(sources):
        if one.passage is next_one.passage:
            start, end = one.sentence.start, next_one.sentence.end
            yield Source(one.passage, Sentence(start, end, one.passage.text[start:end]))


def _find_best(said: Sentence, sources: Sequence[Source], words: Words) -> Source | None:
    enough = 1.0 if len(said.words) <= FEW_WORDS else ENOUGH
    best, most = None, 0.0
    for source in sources:
        share = words.share(said, source.words)
        if share >= enough - 1e-9 and share > most + 1e-9 and _agrees(said, source):
            best, most = source, share
    return best


def _agrees(said: Sentence, source: Source) -> bool:
    """Whether numbers and names are there, and neither denies what the other says."""
    return (
        said.numbers <= source.words
        and all(_counts_the_same(each, source.sentence) for each in said.counts)
        and all(has(source.words, name) for name in said.names)
        and said.negated == source.sentence.negated
    )


def _counts_the_same(count: tuple[str, str, str], source: Sentence) -> bool:
    """Whether the number is one of the same: not the 400 of a machine's name for 400 grams. It is,
    if what stands behind it is in the source, or something stands next to both; a unit's sign or
    its beginning (EUR, g) is enough."""
    before, number, behind = count
    if len(behind) <= SMALL or has(source.words, behind):
        return True
    beside = {word for b, n, a in source.counts if n == number for word in (b, a) if word}
    return (
        not SIGNS.isdisjoint(beside)
        or any(behind.startswith(word) for word in beside)
        or any(has(frozenset(beside), word) for word in (before, behind) if word)
    )
