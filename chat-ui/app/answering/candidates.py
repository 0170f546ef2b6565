"""What of a passage may be an answer: its sentences, and the rows of its tables, each with the line
above that says what it is about.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.answering.lines import find_heading, find_tables, get_label, is_row
from app.answering.sentences import Sentence, cut_sentences, has
from app.answering.words import FRAMING, REFERRING
from app.clients.queue_types import Passage

BELOW = 0.5  # what a word counts that only the heading has
REFERRED = 0.9  # what a word of the sentence before counts for one that refers to it
HEADINGS = 2  # that may follow each other
ENDS = (".", "!", "。", "！")
ASKS = ("?", "？")
CLOSING = "\"'”’»)]*_`」』）"
# A line without a number but its own. One with a number or a colon may be of a form or a list.
HEADING = re.compile(r"(?:§ ?)?(?:\d+(?:\.\d+)*[.)]? )?[^\d\n:]+")
# Of a document: its first line, unless that is a row with the next line directly below it.
TITLE = re.compile(r"[^\n:]+(?::[^\n:]+)?")
LINE = re.compile(r"^.*$", re.M)
EMPTY_LINE = re.compile(r"[^\S\n]*\n[^\S\n]*\n")


@dataclass(frozen=True)
class Candidate:
    """A sentence or a row of a table, which the search found in its `rank`-th passage. The words
    `above`, and those of the `title` above tables, say what it is about, and count a part of its
    own."""

    passage: Passage
    rank: int
    sentence: Sentence
    above: frozenset[str]
    counts: float
    title: frozenset[str] = frozenset()
    is_heading: bool = False
    is_row: bool = False

    @property
    def words(self) -> frozenset[str]:
        """All that it says."""
        return self.sentence.words | self.above | self.title

    @property
    def own_words(self) -> frozenset[str]:
        """What tells it from all else below the title."""
        return self.sentence.words | self.above


def list_candidates(passage: Passage, rank: int) -> Iterator[Candidate]:
    """All of a passage. A heading's words count for the sentences below it, but for those that one
    of them has itself: the others are about something else. Those of the heading above tables count
    for all, those of a sentence for the next one if that refers to it, those of a form's lines for
    the ones below: "Landlord: Ms Ott" says whose phone number the next line has."""
    text = passage.text
    forms = _find_forms(passage)
    tables = {max(0, table.start): table for table in find_tables(text, header=passage.header)}
    title = Sentence(0, 0, find_heading(text) if tables else "").words
    for heading, sentences in _cut_sections(passage):
        if heading:
            yield Candidate(passage, rank, heading, frozenset(), 0.0, is_heading=True)
        own = frozenset[str]().union(*(sentence.words for sentence in sentences))
        about = heading.words if heading else ()
        above = frozenset(word for word in about if not has(own, word))
        before = frozenset[str]()
        for sentence in sentences:
            if table := tables.get(sentence.start):
                header = Sentence(0, 0, table.header).words
                for start, end in table.rows:
                    row = Sentence(start, end, text[start:end])
                    form = forms.get(start, frozenset())
                    counts = BELOW if form else 1.0
                    yield Candidate(passage, rank, row, header | form, counts, title, is_row=True)
            else:
                refers = before and sentence.first_word in REFERRING
                said, counts = (above | before, REFERRED) if refers else (above, BELOW)
                said |= forms.get(sentence.start, frozenset())
                yield Candidate(passage, rank, sentence, said, counts, title)
                before = sentence.words


def _find_forms(passage: Passage) -> dict[int, frozenset[str]]:
    """The words of the lines above each line of a form, up to an empty one, and of the document's
    title. One that denies, as "Landlord: none", is about nothing below it."""
    first = passage.text.partition("\n")[0] if (passage.page, passage.start) == (1, 0) else ""
    title = Sentence(0, 0, "" if get_label(first) else first).words
    forms, above = {}, title
    for line in LINE.finditer(passage.text):
        if not line[0]:
            above = title
        elif get_label(line[0]):
            forms[line.end() - len(line[0].lstrip())] = above
            said = Sentence(0, 0, line[0])
            above |= frozenset() if said.negated else said.words - FRAMING
    return forms


def _cut_sections(passage: Passage) -> list[tuple[Sentence | None, list[Sentence]]]:
    """The sentences below each heading, and at first those below none."""
    sections: list[tuple[Sentence | None, list[Sentence]]] = [(None, [])]
    sentences = [*cut_sentences(passage.text)]
    for number, sentence in enumerate(sentences):
        below = sentences[number + 1 : number + 1 + HEADINGS]
        stands_alone = EMPTY_LINE.match(passage.text, sentence.end) is not None
        is_title = (number, passage.page, passage.start) == (0, 1, 0) and (
            stands_alone or not is_row(sentence.text)
        )
        before = passage.text[: sentence.start].rpartition("\n")[2]
        if not before.strip() and _is_heading(sentence, below, is_title=is_title):
            sections.append((sentence, []))
        else:
            sections[-1][1].append(sentence)
    return sections


def _is_heading(line: Sentence, below: Sequence[Sentence], *, is_title: bool) -> bool:
    """A question, or a line without a mark at its end above sentences that have one."""
    text = line.text.rstrip(CLOSING)
    if text.endswith((*ASKS, *ENDS)):
        return text.endswith(ASKS)
    if text.startswith("#"):
        return "\n" not in text
    are_sentences = any(each.text.rstrip(CLOSING).endswith(ENDS) for each in below)
    if is_title:
        return are_sentences and TITLE.fullmatch(text) is not None
    return are_sentences and HEADING.fullmatch(text) is not None
