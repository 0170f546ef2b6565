"""The part of a text to show for a hit, with the hits marked.

Not PostgreSQL's ts_headline: it drops what looks like a tag, takes whatever its parser calls a
word, and has no bound on a snippet's length.
"""

import re

# Private characters, which no font shows; whoever writes them himself marks nothing.
BEGIN, END = "\ue000", "\ue001"
WITHOUT_MARKS = {ord(BEGIN): None, ord(END): None}

MOST_CHARACTERS = 200
# Characters before a hit.
LEAD = 40
# As much of a text as the index knows (split_words).
INDEXED = 40_000

# Written without spaces, so that each character is a word (split_words).
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

Span = tuple[int, int]


def mark(text: str, words: list[str]) -> str:
    """The whole text, marked."""
    text = text.translate(WITHOUT_MARKS)
    return mark_within(text, words, (0, len(text)))


def make_snippet(text: str, words: list[str]) -> str:
    """One fragment of the text around its first hit, or two if another word is farther away."""
    text = " ".join(text.translate(WITHOUT_MARKS)[:INDEXED].split())
    first = find_first(text, words) or 0
    whole = find_fragment(text, first, MOST_CHARACTERS)
    missing = [word for word in words if find_first(text, [word], whole) is None]
    far = find_first(text, missing, (whole[1], len(text)))
    if far is None:
        return show_fragment(text, words, whole)
    halves = (find_fragment(text, hit, MOST_CHARACTERS // 2) for hit in (first, far))
    return " ".join(show_fragment(text, words, half) for half in halves)


def compile_words(words: list[str]) -> re.Pattern[str]:
    """Finds words that begin with one of these, which are in lower case; with none, nothing."""
    longest_first = sorted(words, key=len, reverse=True)
    spaced = "|".join(re.escape(w) for w in longest_first if not UNSPACED.match(w))
    unspaced = "|".join(re.escape(w) for w in words if UNSPACED.match(w))
    patterns = [rf"(?<![^\W_])(?:{spaced})[^\W_]*"] if spaced else []
    return re.compile("|".join([*patterns, unspaced or "(?!)"]), re.IGNORECASE)


def find_first(text: str, words: list[str], within: Span | None = None) -> int | None:
    """Where the first hit begins in this part of the text, or in all of it."""
    begin, end = within or (0, len(text))
    found = compile_words(words).search(text, begin, end)
    return None if found is None else found.start()


def find_fragment(text: str, hit: int, length: int) -> Span:
    """A part of the text around a hit, cut between words where there is a space near."""
    begin = max(0, hit - LEAD)
    if begin > 0:
        begin = text.find(" ", begin, hit) + 1 or begin
    end = min(len(text), begin + length)
    if end < len(text):
        space = text.rfind(" ", begin + length // 2, end)
        end = end if space < 0 else space
    return begin, end


def show_fragment(text: str, words: list[str], fragment: Span) -> str:
    """The fragment, marked, with dots where text was cut off."""
    before = "…" if fragment[0] > 0 else ""
    after = "…" if fragment[1] < len(text) else ""
    return before + mark_within(text, words, fragment) + after


def mark_within(text: str, words: list[str], part: Span) -> str:
    """This part of the text; of a hit that is longer, what is in it."""
    begin, end = part
    hits = compile_words(words).finditer(text, begin, end)
    marked, done = [], begin
    for hit in hits:
        marked += [text[done : hit.start()], BEGIN, hit.group(), END]
        done = hit.end()
    # Characters that are words of their own are marked together.
    return "".join([*marked, text[done:end]]).replace(END + BEGIN, "")
