"""Text that breaks off in the middle of a mark, shown as what it will most likely become.

While a reply is being written, its end may read `**impor`, a single `-` or half a table. Shown as
it is, the page would flash from raw marks to the real thing. These rules only shape what is shown
meanwhile; the finished text is rendered without them.
"""

import re

from markdown_it.token import Token

_HOLD_LIMIT = 300
"""A mark still open after so many characters was probably meant as text: show it."""

_LOOK_AHEAD = 2_000
_OPEN_LIMIT = 20

_CONTAINERS = r"(?:[ \t]++|>|(?:[-+*]|\d{1,9}[.)])[ \t]+)*+"
_MARKS_ONLY = re.compile(rf"{_CONTAINERS}(?:[-=*_+#|:`~$> \t]*+|\d{{1,9}}[.)]?|\\[\[(]?)\Z")
_FENCE_LINE = re.compile(rf"{_CONTAINERS}(?:`{{3,}}[^`]*|~{{3,}}.*)\Z")
_TABLE_LINE = re.compile(r"[ \t>]*+\|")
_ENTITY = re.compile(r"&#?\w{0,31}\Z")

_TOKEN = re.compile(
    r"""
      (?P<code> `+ )
    | (?P<math> (?<!\d) \$ (?! [\s\d] ) | \\\( | \\\[ )
    | (?P<escape> \\. )
    | (?P<link> !?\[ )
    | (?P<tag> <su[bp]> )
    | (?P<auto> <(?=[a-zA-Z/]) )
    | (?P<emphasis> \*+ | _+ | ~~+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_MATH = re.compile(r"\$\$[^$]+\$\$|\$[^$]+\$|\\\(.*?\\\)|\\\[.*?\\\]", re.DOTALL)
_LINK = re.compile(
    r"""
    !?\[ (?: [^\[\]] | \[ [^\[\]]* \] (?: \( [^()\s]* \) )? )*+ \]
    (?: \( [^()\s]* (?: \s [^()]* )? \) | (?! \( | \Z ) )
    """,
    re.VERBOSE,
)
_AUTO = re.compile(r"<[^<>\s]*[>\s]")
_TAG = re.compile(r"<(su[bp])>.*?</\1>", re.DOTALL)


def trim(text: str) -> str:
    """The text without a last line that only begins to say what it is."""
    start = text.rfind("\n") + 1
    line = text[start:]
    if _MARKS_ONLY.match(line) or _FENCE_LINE.match(line):
        text = text[:start]
    return _trim_table_head(text)


def _trim_table_head(text: str) -> str:
    """The text without a single `| … |` line at its end: the next line says if it heads a table."""
    body = text.removesuffix("\n")
    start = body.rfind("\n") + 1
    before = body[body.rfind("\n", 0, start - 1) + 1 : start] if start else ""
    if _TABLE_LINE.match(body, start) and not _TABLE_LINE.match(before):
        return text[:start]
    return text


def is_open_fence(token: Token, lines: list[str]) -> bool:
    """Whether this code reaches the end of the lines without its closing mark."""
    if token.map is None or token.map[1] < len(lines) - 1:
        return False
    last = lines[token.map[1] - 1].strip(" \t>")
    is_mark = len(last) >= len(token.markup) and not last.strip(token.markup[0])
    return not (is_mark and token.map[1] - token.map[0] > 1)


def settle(text: str) -> str:
    """The text of the block being written, with its open marks closed or held back."""
    if entity := _ENTITY.search(text, max(0, len(text) - 34)):
        text = text[: entity.start()]
    if text.endswith("\\") and not text.endswith("\\\\"):
        text = text[:-1]
    open_marks: list[tuple[str, int]] = []
    position = 0
    while match := _TOKEN.search(text, position):
        kind, mark, position = match.lastgroup, match[0], match.end()
        if kind == "code":
            end = re.compile(rf"(?<!`){mark}(?!`)").search(text, position)
            if end is None:
                return _close(text, [*open_marks, (mark, match.start())])
            position = end.end()
        elif kind in ("math", "link", "tag", "auto"):
            end = _find_end(kind, text, match.start())
            if end is None and len(text) - match.start() < _HOLD_LIMIT:
                return _close(text[: match.start()], open_marks)
            if end is not None and kind != "link":
                position = end.end()
        elif kind == "emphasis":
            _pair(open_marks, text, match)
    return _close(text, open_marks)


def _find_end(kind: str, text: str, start: int) -> re.Match[str] | None:
    """Where it is complete, looking only so far ahead that many marks cost no more than one."""
    pattern = {"math": _MATH, "link": _LINK, "tag": _TAG, "auto": _AUTO}[kind]
    return pattern.match(text, start, start + _LOOK_AHEAD)


def _pair(open_marks: list[tuple[str, int]], text: str, match: re.Match[str]) -> None:
    """Note an opening mark, or take the one that this mark closes from the list."""
    mark = match[0]
    before = text[max(0, match.start() - 1) : match.start()]
    after = text[match.end() : match.end() + 1]
    if not before.isspace():
        for index in reversed(range(len(open_marks))):
            if open_marks[index][0] == mark:
                del open_marks[index:]
                return
    opens = not after.isspace() and not before.isalnum()
    if opens and len(open_marks) < _OPEN_LIMIT:
        open_marks.append((mark, match.start()))


def _close(text: str, open_marks: list[tuple[str, int]]) -> str:
    """Close what is open, innermost first; a mark with nothing after it yet is left out."""
    text = text.rstrip(" \t\n")
    while open_marks and open_marks[-1][1] + len(open_marks[-1][0]) >= len(text):
        text = text[: open_marks.pop()[1]].rstrip(" \t\n")
    closing = ""
    for mark, _ in reversed(open_marks):
        # The first half of a closing `**` has come: complete it instead of adding a third star.
        if not closing and mark == "**" and text.endswith("*"):
            text = text[:-1]
        closing += mark
    return text + closing
