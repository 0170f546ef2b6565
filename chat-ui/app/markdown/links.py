"""Bare addresses, `https://…` and `www.…`, become links; what punctuates the sentence does not. Of
Parley's own pages only those that tools lead to may be linked, which change nothing."""

import re

from markdown_it.token import Token

_ADDRESS = re.compile(
    r"(?<![\w@./:-]) (?:https?://|www\.) (?=[^\W_]) [^\s<>\[\]{}\"`\\^|]+",
    re.VERBOSE | re.IGNORECASE,
)
_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OWN_PAGE = (
    rf"/chats/{_ID}(?:\?at={_ID}\#m-{_ID})?"
    rf"|/documents/{_ID}\?page=[0-9]{{1,6}}&quote=[0-9]{{1,9}}-[0-9]{{1,9}}\#quote"
)
_PUNCTUATION = "?!.,:;*_~'\u2026\u2019\u201d"


def link_addresses(tokens: list[Token]) -> list[Token]:
    """The same inline tokens with links around the addresses in their text."""
    linked: list[Token] = []
    depth = 0
    for token in tokens:
        if token.tag == "a":
            depth += token.nesting
        if token.type == "text" and not depth:
            linked += _link(token.content)
        else:
            linked.append(token)
    return linked


def _link(text: str) -> list[Token]:
    tokens = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = _trim(match[0])
        before, end = text[end : match.start()], match.start() + len(address)
        scheme = "" if "://" in address else "https://"
        tokens += [
            _text(before),
            Token("link_open", "a", 1, attrs={"href": scheme + address}),
            _text(address),
            Token("link_close", "a", -1),
        ]
    return [*tokens, _text(text[end:])]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _trim(address: str) -> str:
    """Without punctuation at its end, nor a bracket that was opened before it."""
    surplus = address.count(")") - address.count("(")
    while address[-1] in _PUNCTUATION or (address[-1] == ")" and surplus > 0):
        surplus -= address[-1] == ")"
        address = address[:-1]
    return address
