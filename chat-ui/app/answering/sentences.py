"""Sentences of a page or of a reply, and what is compared of them: words, numbers and names."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from app.answering.lines import Table, cut_lines, ends_early, find_tables, is_full, measure_width
from app.answering.words import NEGATIONS, OPENERS, PHONE

# What ends with a point and ends no sentence: initials, ordinal numbers (not £18 or 9:00) and
# abbreviations.
SHORT = (
    r"\b(?:[^\W\d_]|(?<![£$€:,])\d{1,2}|Abb|Abs|Art|bzw|ca|cf|Co|Dr|dr|etc|evtl|Fig|fig|Inc|Ltd|Mme|Mr|Mrs|Ms"
    r"|Nr|nr|No|no|pp|Prof|Sig|Sr|Sra|St|Str|Tel|usw|vgl|vs)\."
)
# A sentence ends at its mark, with what closes behind it, unless it continues with a small letter;
# and at a blank line.
END = re.compile(
    rf"(?P<short>{SHORT})(?=\s+\S)"
    r"""|[.!?…]+["'”’»)\]*_`]*(?=\s|\Z)(?!\s+[a-zß-ÿ])|[。！？]+[」』”）]*|(?=\n\s*\n)"""
)
# Of Markdown: code and formulas; what a line begins with. A heading is no sentence.
FENCE = re.compile(r"^ *(```|~~~).*?(?:^ *\1[^\n]*$|\Z)|\$\$.*?(?:\$\$|\Z)", re.M | re.S)
LINE_BEGINS = re.compile(r"\s*(?:(?:[-*+>|]|\d{1,3}[.)])\s+|\[[ xX]\]\s+|\|)*\s*(?!#{1,6}\s)")

# A heading in a text without marks for it: a line that ends early, or is much shorter than the one
# after it, which begins as a sentence does; or any line above a word that hardly has a capital but
# where a sentence begins.
HEADING = re.compile(r"\s*+(?P<line>[^\n]+)\n(?=(?P<next>[ \t]*[^\W_a-zß-ÿ][^\n]+))")
SHORT_LINE = 0.6

WORD = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,'’]\d+)*|[^\W\d_]+")
SIGNS = frozenset("€$£¥%°")
COUNTED = re.compile(rf"{WORD.pattern}|[{''.join(sorted(SIGNS))}]")
CITATION = re.compile(r"\[\^?\d+\]")  # a model's own numbers state nothing
# Scripts without spaces between words: two signs at a time are compared.
DENSE = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
SAME_BEGINNING = 5  # letters, of two forms of a word
SHORTEST_PLURAL = 3  # letters before its s


@dataclass(frozen=True)
class Sentence:
    """A part of a text, with its place in it."""

    start: int
    end: int
    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        """All of them, small, without accents; numbers without what groups their digits."""
        return frozenset(word for word, _ in self._words)

    @property
    def first_word(self) -> str:
        return self._words[0][0] if self._words else ""

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(word for word in self.words if word[0].isdigit())

    @cached_property
    def names(self) -> frozenset[str]:
        """Words with a capital, where none but a name or a German noun has one; the first word,
        too, unless many sentences begin with it."""
        first = {word for word, name in self._words[:1] if name and word not in OPENERS}
        return frozenset(first.union(word for word, name in self._words[1:] if name))

    @cached_property
    def counts(self) -> list[tuple[str, str, str]]:
        """Each number, between what stands before and behind it, a sign such as € too."""
        parts = [match[0] for match in COUNTED.finditer(CITATION.sub("", self.text))]
        words = ["", *(normalise_number(p) if p[0].isdigit() else normalise(p) for p in parts), ""]
        return [
            each for each in zip(words, words[1:], words[2:], strict=False) if each[1][0].isdigit()
        ]

    @property
    def negated(self) -> bool:
        return not NEGATIONS.isdisjoint(self.words)

    @cached_property
    def _words(self) -> list[tuple[str, bool]]:
        found = []
        for match in WORD.finditer(CITATION.sub("", self.text)):
            word = normalise(match[0])
            if word[0].isdigit():
                found.append((normalise_number(word), False))
            elif DENSE.fullmatch(match[0]):
                found += [(word[n : n + 2], False) for n in range(max(1, len(word) - 1))]
            else:
                found.append((word, match[0][0].isupper() and len(word) > 1))
        return found


def cut_sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[Sentence]:
    """Those of a plain text, or of a part of it, without the white space around them. A table is
    one of them."""
    end = len(text) if end is None else end
    width = measure_width(text[start:end])
    for table in find_tables(text, start, end):
        yield from _cut_prose(text, start, table.start, width)
        yield from _strip(text, table.start, table.end)
        start = table.end
    yield from _cut_prose(text, start, end, width)


def cut_rows(text: str, header: str = "") -> Iterator[tuple[Sentence, Table | None]]:
    """As `cut_sentences`, with the rows of each table instead of it, but for the words above its
    columns. `header`: those of a table in which the text begins."""
    tables = {max(0, table.start): table for table in find_tables(text, header=header)}
    for sentence in cut_sentences(text):
        if table := tables.get(sentence.start):
            for start, end in table.rows:
                yield Sentence(start, end, text[start:end]), table
        else:
            yield sentence, None


def find_quoted(sentence: Sentence, table: Table | None) -> tuple[int, int]:
    """What is shown with it: of a short table all, so that one sees what its columns mean."""
    if table is None or table.is_long:
        return sentence.start, sentence.end
    return max(0, table.start), table.end


def cut_markdown(text: str) -> Iterator[Sentence]:
    """Those of a reply, line by line: code and formulas are none."""
    covered = [match.span() for match in FENCE.finditer(text)]
    start = 0
    for line in text.splitlines(keepends=True):
        end = start + len(line)
        begins = LINE_BEGINS.match(text, start, end)
        if begins and not any(first < end and start < last for first, last in covered):
            yield from cut_sentences(text, begins.end(), start + len(line.rstrip("\r\n|")))
        start = end


def normalise(word: str) -> str:
    """In small letters, without accents; a word of many spellings in one."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    bare = "".join(c for c in apart if not unicodedata.combining(c)) or word
    return "phone" if bare in PHONE else bare


def normalise_number(number: str) -> str:
    """1.000 and 1,000 and 1000 are one number, 2.50 and 2,5 another."""
    *groups, last = re.split(r"[^\d]", number)
    grouped = bool(groups) and len(last) == 3 and len(groups[0]) <= 3 and groups != ["0"]
    if not groups or grouped:
        return "".join([*groups, last]).lstrip("0") or "0"
    fraction = last.rstrip("0")
    whole = "".join(groups).lstrip("0") or "0"
    return f"{whole}.{fraction}" if fraction else whole


def is_same(one: str, other: str) -> bool:
    """Whether two words are forms of one: they begin alike for the most part, or one has an s."""
    if one[0].isdigit():
        return False
    if f"{one}s" == other or f"{other}s" == one:
        return min(len(one), len(other)) >= SHORTEST_PLURAL
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    return same >= SAME_BEGINNING and same >= max(len(one), len(other)) - 3


def has(words: frozenset[str], word: str) -> bool:
    """Whether it is among them, in some form."""
    return word in words or any(is_same(word, other) for other in words)


def _cut_prose(text: str, start: int, end: int, width: int) -> Iterator[Sentence]:
    for match in END.finditer(text, start, end):
        if not match["short"] and (match[0] or not _continues(text, match.start(), width)):
            yield from _cut_headings(text, start, match.end(), width)
            start = match.end()
    yield from _cut_headings(text, start, end, width)


def _continues(text: str, place: int, width: int) -> bool:
    """Below an empty line, which Tesseract sees in the middle of a sentence, too."""
    line = text[text.rfind("\n", 0, place) + 1 : place]
    below = text[place : place + width].lstrip()
    begins = below[:1].isalnum() and not below[0].isupper()
    return begins and is_full(line, below, width)


def _cut_headings(text: str, start: int, end: int, width: int) -> Iterator[Sentence]:
    """The sentence, without the headings that may stand before it, which are some by themselves."""
    while (heading := HEADING.match(text, start, end)) and _is_heading(text, start, heading, width):
        yield from _strip(text, start, heading.end("line"))
        start = heading.end("line")
    for place, behind in cut_lines(text, start, end, width):
        yield from _strip(text, place, behind)


def _is_heading(text: str, start: int, heading: re.Match[str], width: int) -> bool:
    """It begins its line; the beginning of a sentence that goes on in the next line may be short,
    too."""
    line, below = heading["line"], heading["next"]
    begins_line = start == 0 or "\n" in text[start - 1 : heading.start("line")]
    is_short = len(line) < SHORT_LINE * len(below) or ends_early(line, below, width)
    first = normalise(below.split(maxsplit=1)[0])
    return begins_line and (is_short or first in OPENERS)


def _strip(text: str, start: int, end: int) -> Iterator[Sentence]:
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    if stripped := part.strip():
        yield Sentence(start, start + len(stripped), stripped)
