"""Lists every word of the interface: `PYTHONPATH=chat-ui python -m tests.chat_ui.words`.

From the templates, where all of them are: text, and the attributes that are read out or shown.
`…` is what is filled in; the choices of a condition follow each other.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "chat-ui" / "app" / "templates"
LIST = Path(__file__).with_name("words.txt")

SHOWN = {"alt", "aria-label", "placeholder", "title"}
INLINE = {"a", "b", "bdi", "em", "kbd", "span", "strong", "time"}
STRING = re.compile(r'"([^"]*)"')
WORDS = re.compile(r"(?![%/#]).*[A-Za-z]{2}")


class _Reader(HTMLParser):
    """Collects what a person may read, a line for each block of it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._line = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in INLINE:
            self.end_line()
        for name, value in attrs:
            if value and (name in SHOWN or name.startswith("data-")) and " " in value.strip(" …"):
                self.lines.append(" ".join(value.split()))
            elif value and name in SHOWN:
                self.lines.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag not in INLINE:
            self.end_line()

    def handle_data(self, data: str) -> None:
        self._line += data

    def end_line(self) -> None:
        """What was read since the last one, if there are words in it."""
        line = " ".join(self._line.split()).strip()
        if re.search("[A-Za-z]", line):
            self.lines.append(line)
        self._line = ""


def read_words(source: str) -> list[str]:
    """The words of one template."""
    text, block = "", ""
    for _, kind, value in Environment().lex(source):
        if kind == "data":
            text += value
        elif kind in ("variable_begin", "block_begin"):
            block = ""
        elif kind == "variable_end":
            text += "" if "icon(" in block else " / ".join(_choices(block)) or "…"
        elif kind == "block_end":
            said = _choices(block) if re.match(r"\s*with\b.*=", block) else []
            text += "".join(f"<br>{words}<br>" for words in said if " " in words)  # others are ids
            in_tag = text.rfind("<") > text.rfind(">")
            if not in_tag and re.match(r"\s*(if|elif|else|endif|for|endfor)\b", block):
                text += "<br>"
        else:
            block += value
    reader = _Reader()
    reader.feed(text)
    reader.end_line()
    return reader.lines


def _choices(block: str) -> list[str]:
    """The words in an expression, without what is compared, looked up or an address."""
    block = re.sub(
        r'[=!]= *"[^"]*"|in *\([^)]*\)|\w+\("[^"]*"[^)]*\)|\["[^"]*"\]|"[^"]*" in', "", block
    )
    return [words for words in STRING.findall(block) if WORDS.match(words)]


def list_words() -> str:
    """Those of all templates, by file."""
    parts = []
    for file in sorted(TEMPLATES.iterdir()):
        if words := list(dict.fromkeys(read_words(file.read_text()))):
            parts.append("\n".join([f"== {file.name}", *words]))
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    LIST.write_text(list_words())
