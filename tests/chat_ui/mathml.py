"""MathML in one readable line, to compare what a formula looks like with what it should.

`(a)/(b)` is a fraction, `_{…}` and `^{…}` are at the right of their base, `↓{…}` and `↑{…}` below
and above it, `⟨rl: a | =b // c | =d⟩` is a table with its columns' alignments (l, c, r; a line at a
column's right is `|`, one below a row `―`), and `name{…}` has something drawn on or around it.
"""

from xml.etree.ElementTree import Element, fromstring

_DRAWN = {
    "tml-fbox": "box",
    "tml-upstrike": "cancel",
    "tml-downstrike": "bcancel",
    "tml-xcancel": "xcancel",
    "tml-overline": "over",
    "tml-underline": "under",
    "tml-tag": "tag",
}
_INVISIBLE = dict.fromkeys(map(ord, "\u2061\u2062\u2063\u2064\u200b"))


def read_formula(html: str) -> str:
    """The first formula of a message's HTML; fails if there is none."""
    start = html.index("<math")
    end = html.index("</math>") + len("</math>")
    return read(fromstring(html[start:end].replace("&nbsp;", "\xa0")))


def read(element: Element) -> str:
    parts = [read(child) for child in element if "tml-plain" not in _classes(child)]
    inner = "".join(parts)
    if element.tag == "mtable":
        shown = _read_table(element)
    elif element.tag == "mfrac":
        bar = "¦" if element.get("linethickness", "").startswith("0") else "/"
        shown = f"({parts[0]}){bar}({parts[1]})"
    elif element.tag == "msqrt":
        shown = f"√{{{inner}}}"
    elif element.tag == "mroot":
        shown = f"√[{parts[1]}]{{{parts[0]}}}"
    elif signs := _SCRIPTS.get(element.tag):
        scripts = zip(signs, parts[1:], strict=True)
        shown = parts[0] + "".join(f"{sign}{{{script}}}" for sign, script in scripts)
    elif element.tag == "mphantom":
        shown = f"phantom{{{inner}}}"
    else:
        shown = (element.text or "").translate(_INVISIBLE).replace("\xa0", " ") + inner
    # What strikes a part out is drawn by an empty last child.
    last = element[-1] if len(element) else element
    names = _classes(element) | (set() if "".join(last.itertext()) else _classes(last))
    for name in filter(None, map(_DRAWN.get, names if shown else ())):
        shown = f"{name}{{{shown}}}"
    return shown


_SCRIPTS = {
    "msub": "_", "msup": "^", "msubsup": "_^",
    "munder": "↓", "mover": "↑", "munderover": "↓↑",
}  # fmt: skip


def _classes(element: Element) -> set[str]:
    return set(element.get("class", "").split())


def _read_table(table: Element) -> str:
    columns = "".join(
        next((name[4] for name in ("tml-left", "tml-right") if name in _classes(cell)), "c")
        + ("|" if "tml-line-right" in _classes(cell) else "")
        for cell in max(table, key=len)
    )
    rows = [
        " | ".join(map(read, row)) + (" ―" if "tml-line-bottom" in _classes(row[0]) else "")
        for row in table
    ]
    return f"⟨{columns}: {' // '.join(rows)}⟩"
