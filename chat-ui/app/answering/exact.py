"""Answers by exact words: a part of a passage, never a word of a model.

They are chosen by a question-answering model, where there is one. Else it is the best sentence: by
the order in which the search found the passages, the words of the question, and what kind of thing
is asked for. A row of a table counts as a sentence, a heading hardly: it says what those below it
are about.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.answering.align import SAYS_LITTLE, Words
from app.answering.candidates import Candidate, list_candidates
from app.answering.lines import get_first, get_label
from app.answering.sentences import Sentence, cut_rows, find_quoted, has
from app.answering.words import ASKING, FRAMING, JOINING, REFERRING, counts
from app.clients.answer_finder import AnswerFinder
from app.clients.queue_types import NewQuote, Passage

RANK = 0.15  # what each earlier place in the search's order is worth
MEANING = 0.15  # what it is worth to be the nearest one of its passage by vectors
SAME_NUMBERS = 0.35  # what it is worth to have all numbers and codes of the question
LABEL = 0.3  # that it is the line of a form about what is asked for
FIRST_CELL = 0.05  # that it is the row about that
ABOUT = 0.25  # that it is about what the question before was about: a follow-up doesn't repeat it
BESIDE = 0.1  # that one of them stands beside the same word: door 17, not the 17th
IS_HEADING = 0.6  # what it costs
IS_OFF = 2.0  # what it costs that its passage has no word of the question, and others have some
LONG = 800  # characters of a passage that is not shown as a whole
NEAREST = 3  # passages are shown where no sentence has a source
KIND = 0.35  # what it is worth that a sentence has a number, a date or a name where that is asked
MONEY = 0.4  # that its number is a sum, where it may be asked for one
BETWEEN_CELLS = re.compile(r"[;|\t]|,(?!\d)")

NUMBER = re.compile(
    r"\bhow (?:many|much|long|far|old|high|large|big|often|tall|heavy)\b|\bwhat percentage\b"
    r"|\bwie ?viele?\b|\bwie (?:lange?|hoch|groß|alt|weit|oft|schwer)\b|\bcombien\b"
    r"|\bcu[aá]nt[oa]s?\b|\bquant[ioae]\b|\bhoeveel\b|\bhoe (?:lang|hoog|groot|oud|ver|vaak)\b"
    r"|\bnumber\b|\w*nummer\b|\bn[uú]m[eé]ro\b",
    re.I,
)
HOW_MUCH = re.compile(
    r"\bhow much (?:is|are|was|were|do|does|did|must|should|will)\b|\bcosts?\b|\bkoste[nt]?\b"
    r"|\bwie ?viel (?:ist|sind|muss)\b|\bco[uû]te(?:nt)?\b|\bcuestan?\b|\bcosta(?:no)?\b|\bkost\b",
    re.I,
)
HAS_SUM = re.compile(
    r"[$€£¥] ?\d|\d ?[$€£¥]|\b(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?|francs?|Franken)\b"
)
DATE = re.compile(
    r"\bwhen\b|\bwhat (?:year|date|day|time)\b|\bwhich (?:year|day)\b|\bwann\b|\bwelche[mns]? "
    r"(?:jahr|tag|datum)\b|\bquand\b|\bquelle (?:date|année)\b|\bcu[aá]ndo\b|\bquando\b|\bwanneer\b"
    r"|\bhow late\b|\bdeadline\b",
    re.I,
)
NAME = re.compile(
    r"\bwho(?:m|se)?\b|\bwhere\b|\bwer\b|\bwen\b|\bwem\b|\bwo\b|\bqui\b|\boù\b|\bqui[eé]n(?:es)?\b"
    r"|\bd[oó]nde\b|\bchi\b|\bdove\b|\bwaar\b|\bwhich (?:city|town|company|person)\b",
    re.I,
)
OFTEN = re.compile(r"\bhow often\b|\bwie oft\b|\bhoe vaak\b", re.I)
EVERY = (
    r"\b(?:each|every|chaque|cada|ogni|elke|jede\w?) (?:\w+ )?(?:day|week|month|quarter|year|jour"
    r"|semaine|mois|trimestre|année|d[ií]a|semana|mes|año|giorno|settimana|mese|anno|maand|jaar"
    r"|woche|monat|quartal|jahr)|\b(?:working|business) days?\b|\b(?:dai|week|month|year)ly\b"
)
# In the middle of a sentence.
CLAUSE = (
    r"(?<=\w )(?:when|once|as soon as|sobald|wenn|lorsque|dès que|cuando|quando|wanneer|zodra)\b"
)
HAS_DATE = re.compile(
    r"\b(?:1[5-9]|20)\d\d\b|\b\d{1,2}[./:h]\d{1,2}\b|\b\d{1,2}\.? ?(?:jan|feb|f[ée]v|m[aä]r|mar|apr"
    r"|avr|abr|ma[iy]|jun|jui|giu|jul|lug|aug|ago|ao[uû]|sep|set|o[ck]t|out|ott|nov|d[eéi][cz])"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b\w+(?:tag|dag)s?\b"
    r"|\b(?:every|within|after|alle|innerhalb von|nach|tou(?:te)?s les|dans les|cada|dentro de"
    rf"|ogni|entro|elke|binnen) \d+ \w{{3,}}|{EVERY}|{CLAUSE}",
    re.I,
)


@dataclass(frozen=True)
class Span:
    """Exact words of a passage: its text from `start` up to `end`. `model`: that chose them."""

    passage: Passage
    start: int
    end: int
    model: str | None = None

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]

    def point(self) -> NewQuote:
        """As words that no sentence of the reply is built on."""
        return NewQuote(
            document_id=self.passage.document_id,
            page=self.passage.page,
            quote_start=self.passage.start + self.start,
            quote_end=self.passage.start + self.end,
        )

    def quote(self) -> NewQuote:
        """The sentence around them, the row or the short table; or those that they are in. As the
        source of the reply."""
        around = [
            find_quoted(sentence, table)
            for sentence, table in cut_rows(self.passage.text, self.passage.header)
            if sentence.start < self.end and self.start < sentence.end
        ]
        return NewQuote(
            start=0,
            end=len(self.text),
            document_id=self.passage.document_id,
            page=self.passage.page,
            quote_start=self.passage.start + min([self.start, *(start for start, _ in around)]),
            quote_end=self.passage.start + max([self.end, *(end for _, end in around)]),
        )


class AskedWords(Words):
    """Of a question, the words that say what about something is asked, as "allowed", tell less than
    what it is about, and those that ask, as "when", nothing."""

    def weigh(self, word: str) -> float:
        if word in ASKING:
            return 0.0
        return super().weigh(word) * (SAYS_LITTLE if word in FRAMING else 1)

    def share_in(self, asked: Sentence, candidate: Candidate) -> float:
        """How much of the question it has words for, from 0 to 1."""
        own = self.share(asked, candidate.sentence.words)
        return own + candidate.counts * (self.share(asked, candidate.words) - own)

    def share_of(self, wanted: Sequence[str], given: frozenset[str]) -> float:
        """How much of these words is given, from 0 to 1."""
        there = sum(self.weigh(word) for word in wanted if has(given, word))
        return there / (sum(map(self.weigh, wanted)) or 1)


def rank_sentences(question: str, passages: Sequence[Passage], before: str = "") -> list[Span]:
    """All sentences, the one first that seems to answer the question best, asked after `before`."""
    return [_point(each) for each in _rank(question, passages, before)]


def _rank(question: str, passages: Sequence[Passage], before: str) -> list[Candidate]:
    asked = Sentence(0, len(question), question)
    found = [
        each for rank, passage in enumerate(passages) for each in list_candidates(passage, rank)
    ]
    words = AskedWords([candidate.sentence for candidate in found])
    said = frozenset[str]().union(*(candidate.words for candidate in found))
    about = [word for word in Sentence(0, 0, before).words - FRAMING if has(said, word)]
    own = [word for word in asked.words - FRAMING - ASKING if has(said, word)]
    if not _follows_up(asked, own):
        about = []
    on = {id(each.passage) for each in found if any(has(each.words, word) for word in own)}

    def rate(each: Candidate) -> float:
        score = (
            # Of a follow-up without words of its own, "is" and "it" would count in full.
            (words.share_in(asked, each) if own or not about else 0)
            + ABOUT * words.share_of(about, each.words)
            + RANK * (len(passages) - each.rank) / len(passages)
            + KIND * (not each.is_heading and _has_what_is_asked(question, each.sentence))
            + MONEY * _has_sum(question, each.sentence)
            + MEANING * _is_nearest(each.passage, each.sentence)
            + SAME_NUMBERS * (asked.numbers <= each.words)
            + BESIDE * _has_beside(asked, each.sentence)
            + (not each.is_heading) * _rate_label(asked, each.sentence)
            - IS_HEADING * each.is_heading
            - IS_OFF * (bool(on) and id(each.passage) not in on)
        )
        return round(score, 9)

    return sorted(found, key=rate, reverse=True)


def _point(each: Candidate) -> Span:
    return Span(each.passage, each.sentence.start, each.sentence.end)


def find_nearest(question: str, passages: Sequence[Passage]) -> list[Span]:
    """The passages with the best sentences; of long ones these sentences alone."""
    nearest: dict[int, Span] = {}
    for span in rank_sentences(question, passages):
        nearest.setdefault(id(span.passage), span)
    return [
        span if len(span.passage.text) > LONG else Span(span.passage, 0, len(span.passage.text))
        for span in [*nearest.values()][:NEAREST]
    ]


class Head(Protocol):
    """Finds the words of a passage that answer a question."""

    async def find(
        self, question: str, passages: Sequence[Passage], before: str = ""
    ) -> Span | None:
        """None if they are in none of them. `before` is the question before."""


class BestSentence:
    """A whole sentence, by words alone."""

    async def find(
        self, question: str, passages: Sequence[Passage], before: str = ""
    ) -> Span | None:
        """The one that seems to answer the question; None without passages, or if that is a row of
        a table that is not about it: any other would do as well."""
        best = next(iter(_rank(question, passages, before)), None)
        return _point(best) if best and _is_meant(question, best) else None


class ModelWords:
    """The words that a model chooses; as long as it is missing, the best sentence."""

    def __init__(self, finder: AnswerFinder) -> None:
        self._finder = finder

    async def find(
        self, question: str, passages: Sequence[Passage], before: str = ""
    ) -> Span | None:
        """None, too, if the model says that they don't answer the question."""
        told = await self._finder.find(question, [passage.text for passage in passages])
        if told is None:
            return await BestSentence().find(question, passages, before)
        if told.is_none:
            return None
        return Span(passages[told.passage], told.start, told.end, told.model)


def _follows_up(asked: Sentence, own: Sequence[str]) -> bool:
    """Whether a question leaves to the one before what it is about: "And when is it due?". `own`:
    what it has words for in the documents."""
    return asked.first_word in JOINING or not own or not asked.words.isdisjoint(REFERRING)


def _has_beside(asked: Sentence, sentence: Sentence) -> bool:
    """Whether a number of the question stands beside the same word in the sentence, in one cell."""
    cells = (Sentence(0, 0, cell) for cell in BETWEEN_CELLS.split(sentence.text))
    counts = [each for cell in cells for each in cell.counts]
    beside = {(word, n) for before, n, after in counts for word in (before, after) if word}
    return any((word, n) in beside for b, n, a in asked.counts for word in (b, a))


def _rate_label(asked: Sentence, sentence: Sentence) -> float:
    """What it is worth that the question has all words of its label or first cell, and the line all
    numbers of the question, and one if a number is asked for."""
    lacks_number = NUMBER.search(asked.text) and not _has_what_is_asked(asked.text, sentence)
    if lacks_number or not asked.numbers <= sentence.words:
        return 0.0
    for label, worth in ((get_label(sentence.text), LABEL), (get_first(sentence.text), FIRST_CELL)):
        words = Sentence(0, 0, label).words - FRAMING
        if words and all(has(asked.words, word) for word in words):
            return worth
    return 0.0


def _is_nearest(passage: Passage, sentence: Sentence) -> bool:
    """Whether it is, or is part of, the one that the search found nearest by its meaning."""
    if passage.sentence_start is None or passage.sentence_end is None:
        return False
    start, end = passage.start + sentence.start, passage.start + sentence.end
    return passage.sentence_start < end and start < passage.sentence_end


def _is_meant(question: str, best: Candidate) -> bool:
    """Whether the question has words of more than the title above a table; and, of a row, one of
    the names in the question, if there are any."""
    asked = Sentence(0, len(question), question)
    names = asked.names - {asked.first_word}
    if best.is_row and names and not any(has(best.words, name) for name in names):
        return False
    return (
        not best.title
        or any(has(best.own_words, word) for word in asked.words)
        or _is_nearest(best.passage, best.sentence)
        or _has_what_is_asked(question, best.sentence)
    )


def _has_what_is_asked(question: str, sentence: Sentence) -> bool:
    if NUMBER.search(question):
        is_often = bool(OFTEN.search(question) and HAS_DATE.search(sentence.text))
        return is_often or bool(sentence.numbers) or any(map(counts, sentence.words))
    if DATE.search(question):
        return bool(HAS_DATE.search(sentence.text))
    return bool(NAME.search(question) and sentence.names)


def _has_sum(question: str, sentence: Sentence) -> bool:
    is_asked = HOW_MUCH.search(question)
    return bool(is_asked and sentence.numbers and HAS_SUM.search(sentence.text))
