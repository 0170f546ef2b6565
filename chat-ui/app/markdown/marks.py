"""Marks in a text that are rendered with it, and filled in when that is done: the HTML of a mark is
ours, so it comes after everything that is done to keep a text's HTML safe."""

import re
from collections.abc import Callable, Sequence

from markupsafe import Markup

# Two signs that belong to nobody. A text loses its own: a mark in it would not be ours.
OPEN, CLOSE = "\ue010", "\ue011"
MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")
# Where no link can be: they are filled in behind it.
WITHIN = ("a", "code", "pre", "math")
TAG = re.compile(r"""<(/?)([a-z0-9]+)(?:"[^"]*"|'[^']*'|[^"'>])*>""")
PIECE = re.compile(f"({TAG.pattern}|{MARK.pattern})")


def place_marks(text: str, places: Sequence[int]) -> str:
    """The text with a mark at each of these places, counted from 0 in their order, which is that of
    the text."""
    text = text.replace(OPEN, "\ufffd")
    parts, start = [], 0
    for number, place in enumerate(places):
        parts += [text[start:place], f" {OPEN}{number}{CLOSE}"]
        start = place
    return "".join([*parts, text[start:]])


def fill_marks(html: str, fill: Callable[[int], Markup]) -> Markup:
    """The rendered text, what `fill` returns in the place of each mark."""
    done: list[str] = []
    waiting: list[Markup] = []
    depth = end = 0
    for piece in PIECE.finditer(html):
        done.append(html[end : piece.start()])
        end = piece.end()
        _, closing, tag, number = piece.groups()
        if number is not None:
            waiting.append(fill(int(number)))
        else:
            # One in an address or a title belongs to the words around it.
            waiting += [fill(int(found)) for found in MARK.findall(piece[0])]
            done.append(MARK.sub("", piece[0]))
            depth += tag in WITHIN and (-1 if closing else 1)
        if depth == 0:
            done += waiting
            waiting.clear()
    return Markup("".join([*done, html[end:], *waiting]))  # noqa: S704 - rendered, and our own
