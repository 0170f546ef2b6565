"""A code block that is still being written: each line is escaped once, and none is coloured."""

import re

from markdown_it.token import Token
from markupsafe import Markup

from app.markdown import code


class OpenFence:
    """Grows line by line until its closing mark comes; then `source` is parsed like any text."""

    def __init__(self, token: Token, source: str) -> None:
        """Take over the fence of `token`, whose whole lines so far are `source`."""
        mark, size = token.markup[0], len(token.markup)
        self._closing = re.compile(rf" {{0,3}}{re.escape(mark)}{{{size},}}[ \t]*")
        self._half_closing = re.compile(rf" {{0,3}}{re.escape(mark)}+[ \t]*")
        self._source = [source]
        self._shown = code.opening(code.find_language(token.info)) + token.content
        self._indent = len(source) - len(source.lstrip(" "))
        self._line = ""

    @property
    def source(self) -> str:
        """The text from the opening mark on."""
        return "".join(self._source) + self._line

    @property
    def html(self) -> Markup:
        """The figure as it looks now; a line that may become the closing mark is held back."""
        line = "" if self._half_closing.fullmatch(self._line) else self._line
        return self._shown + line + code.CLOSING

    def feed(self, text: str) -> bool:
        """Append text. True once the closing mark has come; what follows it is in `source` too."""
        shown = []
        *lines, self._line = (self._line + text).split("\n")
        for index, line in enumerate(lines):
            self._source.append(line + "\n")
            if self._closing.fullmatch(line):
                self._line = "\n".join([*lines[index + 1 :], self._line])
                return True
            margin = len(line) - len(line.lstrip(" "))
            shown.append(line[min(self._indent, margin) :] + "\n")
        self._shown += "".join(shown)
        return False
