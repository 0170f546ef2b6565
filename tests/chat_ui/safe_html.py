"""What may be in the HTML of a message, written out once more: a tag or an attribute added to the
lists of the code must be added here, too."""

import re
from html.parser import HTMLParser

TAGS = {
    *("p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "br", "em"),
    *("strong", "s", "sub", "sup", "a", "code", "pre", "span", "div", "figure", "figcaption"),
    "table",
    *("thead", "tbody", "tr", "th", "td", "math", "mrow", "mi", "mn", "mo", "mtext"),
    *("mspace", "mstyle", "mpadded", "mphantom", "mfrac", "msqrt", "mroot", "msub", "msup"),
    *("msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "menclose"),
}
ATTRIBUTES = {
    *("dir", "start", "href", "rel", "title", "class", "scope", "tabindex", "role"),
    *("aria-labelledby", "id", "display", "stretchy", "fence", "form", "separator", "accent"),
    *("largeop", "movablelimits", "lspace", "rspace", "minsize", "maxsize", "mathvariant"),
    *("width", "height", "displaystyle", "scriptlevel", "linethickness", "symmetric"),
    *("notation", "data-tex"),
}
CLASS = (
    r"(code|table|math|image|footnote|task|task-mark|align-(left|center|right)|hl-[a-z]{3,10}"
    r"|tml-[a-z-]{3,11}[1-4]?)"
)
ID = "[0-9a-f-]{36}"
OWN_PAGE = rf"/chats/{ID}(\?at={ID}#m-{ID})?|/documents/{ID}\?page=\d+&quote=\d+-\d+#quote"
NOTE = "-(note|ref)-[A-Za-z]*[0-9]+"
# What the values of these look like.
VALUES = {
    "href": rf"(?i:https?://[a-z0-9\[]|mailto:)[^\s<>\"\\\x00-\x1f]*|#{NOTE}|{OWN_PAGE}",
    "id": NOTE,
    "class": rf"({CLASS}( {CLASS})*)?",
    **dict.fromkeys(
        ("lspace", "rspace", "minsize", "maxsize", "width", "height", "linethickness"),
        r"\+?\d?(\.\d+)?(em|ex|pt|px)?|\d\d(\.\d+)?pt",
    ),
}


class _Checker(HTMLParser):
    """Fails on anything that is not listed above, and on tags that don't pair."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        if tag not in ("br", "hr"):
            self.stack.append(tag)
        for name, value in attrs:
            assert name in ATTRIBUTES, (tag, name)
            assert value is not None
            assert re.fullmatch(VALUES.get(name, "(?s).*"), value), (name, value)
            if name == "id":
                assert value not in self.ids
                self.ids.add(value)
        if tag == "a":
            assert ("rel", "noopener noreferrer nofollow") in attrs
            assert self.stack.count("a") == 1

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def refuse(self, *found: str, **_: str) -> None:
        raise AssertionError(found)

    handle_comment = handle_decl = handle_pi = unknown_decl = refuse


def check(html: str) -> None:
    """Parse the page's HTML and refuse what must not be in it."""
    checker = _Checker()
    checker.feed(html)
    checker.close()
    assert checker.stack == []
