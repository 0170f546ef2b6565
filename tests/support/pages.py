"""Reads Parley's pages as an outsider does: from their HTML alone.

Each function takes HTML, or an `Element` that was read before. A page that still grows is read
piece by piece: `reader = Reader(); reader.feed(piece); articles(reader.root)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

# Elements without an end tag.
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Element:
    """One element. `html` is what is between its tags, character for character, as soon as
    the end tag has come."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    parts: list[Element | str] = field(default_factory=list)
    html: str = ""
    closed: bool = False  # its end tag has come

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        """What a person reads, spaces and line ends as they are in the source."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def find_all(self, tag: str = "", **attributes: str) -> Iterator[Element]:
        """The elements inside, in their order, with these attributes: `class_` is one of the
        classes, `data_seq` is the attribute data-seq."""
        for part in self.parts:
            if isinstance(part, Element):
                if tag in ("", part.tag) and part._has(attributes):
                    yield part
                yield from part.find_all(tag, **attributes)

    def find(self, tag: str = "", **attributes: str) -> Element | None:
        """The first of them."""
        return next(self.find_all(tag, **attributes), None)

    def need(self, tag: str = "", **attributes: str) -> Element:
        """The first of them, which has to be there; StopIteration if it is not."""
        return next(self.find_all(tag, **attributes))

    def _has(self, attributes: dict[str, str]) -> bool:
        return all(
            value in self.classes
            if name == "class_"
            else self.attributes.get(name.replace("_", "-")) == value
            for name, value in attributes.items()
        )


class Reader(HTMLParser):
    """Builds the elements under `root` while the page comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("")
        self._source = ""
        self._lines = [0]  # where each line begins
        self._open: list[tuple[Element, int]] = [(self.root, 0)]  # and where its inside begins

    def feed(self, data: str) -> None:
        """Reads on."""
        begin = len(self._source)
        self._source += data
        self._lines += [begin + found.end() for found in re.finditer("\n", data)]
        super().feed(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1][0].parts.append(element)
        if tag not in VOID:
            self._open.append((element, self._position() + len(self.get_starttag_text() or "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()[0].closed = True

    def handle_endtag(self, tag: str) -> None:
        if all(element.tag != tag for element, _ in self._open):
            return
        end, closed = self._position(), ""
        while closed != tag:
            element, start = self._open.pop()
            element.html, element.closed = self._source[start:end], True
            closed = element.tag

    def handle_data(self, data: str) -> None:
        self._open[-1][0].parts.append(data)

    def _position(self) -> int:
        line, offset = self.getpos()
        return self._lines[line - 1] + offset


def parse(page: str | Element) -> Element:
    """The root of a whole page or fragment."""
    if isinstance(page, Element):
        return page
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.root


@dataclass(frozen=True)
class Article:
    """One message as it is shown."""

    id: str
    role: str
    seq: int
    parent: str
    state: str  # of the reply; empty for messages that are none
    unfinished: bool
    text: str  # what a person reads in its body
    body: str  # its body's HTML
    html: str  # all of its HTML, the actions below it too


def articles(page: str | Element) -> list[Article]:
    """The messages, from top to bottom. One that is being edited is a form and not among them.

    On the growing page a message has neither number nor parent; an unfinished reply's id is that
    in its Stop button. A message is unfinished there until its body has been closed.
    """
    return [
        _read_article(article, body)
        for article in parse(page).find_all("article", class_="message")
        if (body := article.find("div", class_="body"))
    ]


def _read_article(article: Element, body: Element) -> Article:
    about, status = article.attributes, article.find(class_="status")
    id = about.get("id", "").removeprefix("m-")
    if not id and (stop := _find_action(article, "/stop")):
        id = stop.split("/")[-2]
    beside = {"waiting", "call"}  # on the growing page
    said = [part for part in body.parts if isinstance(part, str) or not beside & {*part.classes}]
    return Article(
        id=id,
        role=article.classes[1],
        seq=int(about.get("data-seq", 0)),
        parent=about.get("data-parent", ""),
        state=status.classes[1] if status else "",
        unfinished="data-unfinished" in about or not body.closed,
        text=Element("", parts=said).text,
        body=body.html,
        html=article.html,
    )


def text_of(html: str) -> str:
    """What a person reads of some HTML."""
    return parse(html).text


def client_key(page: str | Element) -> str:
    """The hidden key of the form to send with."""
    return _found(hidden_field(page, "client_key"), "form to send with")


def hidden_field(page: str | Element, name: str) -> str | None:
    """The value of the first input of that name."""
    found = parse(page).find("input", name=name)
    return found.attributes["value"] if found else None


def textarea(page: str | Element) -> str | None:
    """What is in the first text box. A line end right after the tag is no part of it."""
    found = parse(page).find("textarea")
    return found.text.removeprefix("\n") if found else None


def form_action(page: str | Element, ending: str) -> str:
    """Where the first form leads whose address ends so."""
    return _found(_find_action(parse(page), ending), f"form to …{ending}")


def links(page: str | Element) -> list[str]:
    """The addresses of all links."""
    return [link.attributes.get("href", "") for link in parse(page).find_all("a")]


def documents(page: str | Element) -> dict[str, str]:
    """Where each document of a list leads, by its name."""
    rows = parse(page).need("div", id="documents").find_all("li")
    return {link.text: link.attributes["href"] for row in rows for link in [row.need("a")]}


def _find_action(element: Element, ending: str) -> str | None:
    actions = (form.attributes.get("action", "") for form in element.find_all("form"))
    return next((action for action in actions if action.endswith(ending)), None)


def _found(value: str | None, what: str) -> str:
    assert value is not None, f"no {what} on the page"
    return value
