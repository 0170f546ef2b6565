"""Cuts a page's text into passages: what is searched for, and shown to the model."""

import re
from collections.abc import Iterator

Span = tuple[int, int]  # from, up to: code points of the page's text

SIZE = 200  # tokens, about
LETTERS_PER_TOKEN = 4.5
SHORT = 30  # characters of a sentence that says little by itself: a heading, a name
# Scripts that have a token for about each sign: Thai, Chinese, Japanese, Korean.
DENSE = re.compile(
    "[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)

# A sentence ends at its mark, with closing quotes and brackets, unless it goes on with a small
# letter; and before a blank line. That each end begins with one of few characters makes it quick.
END = re.compile(
    r"""[.!?…。！？\n](?:
        (?<=[.!?…])[.!?…]*["'”’»)\]]*(?=\s)(?!\s+[a-zß-ÿ])
        |(?<=[。！？])[。！？]*[」』”）]*
        |(?<=\n)\s*\n
    )""",
    re.X,
)


def cut_passages(text: str) -> list[Span]:
    """Whole sentences, about 200 tokens together; each begins with the last sentence of the one
    before it."""
    passages: list[Span] = []
    current: list[Span] = []
    for sentence in cut_sentences(text):
        if current and is_too_long(text, (current[0][0], sentence[1])):
            passages.append((current[0][0], current[-1][1]))
            fits = not is_too_long(text, (current[-1][0], sentence[1]))
            current = current[-1:] if fits else []
        current.append(sentence)
    if current:
        passages.append((current[0][0], current[-1][1]))
    return passages


def cut_sentences(text: str) -> Iterator[Span]:
    """Without the white space around them; what is longer than a passage is cut."""
    begin = 0
    for end in (*(found.end() for found in END.finditer(text)), len(text)):
        start, stop = strip(text, begin, end)
        while is_too_long(text, (start, stop)):
            cut = find_cut(text, start, stop)
            yield strip(text, start, cut)
            start, stop = strip(text, cut, stop)
        if start < stop:
            yield start, stop
        begin = end


def cut_parts(text: str) -> list[Span]:
    """What of a passage gets a vector of its own: each sentence, a short one with the next."""
    parts: list[Span] = []
    for start, end in cut_sentences(text):
        if parts and parts[-1][1] - parts[-1][0] < SHORT:
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((start, end))
    return parts


def strip(text: str, start: int, end: int) -> Span:
    """The same span without the white space at its ends."""
    part = text[start:end]
    return end - len(part.lstrip()), start + len(part.rstrip())


def find_cut(text: str, start: int, end: int) -> int:
    """Where a sentence is cut that is too long, as a table is: between lines, if there are any, or
    words."""
    tokens = 0.0
    for cut in range(start, end):
        tokens += count_tokens(text, (cut, cut + 1))
        if tokens > SIZE:
            break
    for space in ("\n", " "):
        found = text.rfind(space, start + 1, cut)
        if found > start + (cut - start) // 2:
            return found
    return cut


def is_too_long(text: str, span: Span) -> bool:
    return count_tokens(text, span) > SIZE


def count_tokens(text: str, span: Span) -> float:
    """About how many tokens a model makes of it."""
    start, end = span
    part = text[start:end]
    dense = 0 if part.isascii() else len(DENSE.findall(part))
    return dense + (end - start - dense) / LETTERS_PER_TOKEN
