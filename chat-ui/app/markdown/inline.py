"""The text within a block: emphasis, links, code, formulas; and images, which only become links."""

from markdown_it.token import Token

from app.markdown.blocks import parser
from app.markdown.links import link_addresses

DEPTH_LIMIT = 20
"""Marks inside marks; text that nests deeper is shown as written, browsers would give up on it."""


def parse_inline(content: str) -> list[Token]:
    """The tokens of a block's content, ready to be rendered."""
    tokens = link_addresses(parser.inline.parse(content, parser, {}, []))
    if max((token.level for token in tokens), default=0) > DEPTH_LIMIT:
        return [Token("text", "", 0, content=content)]
    links = 0
    for token in tokens:
        if token.tag == "a":
            links += token.nesting
        if token.type == "image":
            token.hidden = links > 0  # a link can't hold another one: only the words are shown
            token.content = describe(token.children or [])
    return tokens


def describe(tokens: list[Token]) -> str:
    """The words of an image's description, without its marks."""
    words = []
    for token in tokens:
        if token.type == "image":
            words.append(describe(token.children or []))
        elif token.type in ("softbreak", "hardbreak"):
            words.append(" ")
        else:
            words.append(token.content)
    return "".join(words)
