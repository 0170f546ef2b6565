"""Lists every word of the interface: `PYTHONPATH=chat-ui python -m tests.chat_ui.words`.

From the templates: text, and the attributes that are read out or shown; and from the modules that
answer in place of the model. `…` is what is filled in; the choices of a condition follow each
other.
"""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment

ROOT = Path(__file__).parents[2]
APP = ROOT / "chat-ui" / "app"
TEMPLATES = APP / "templates"
ANSWERS = ("answering/refusals.py", "tools/*.py", "toolbox/*.py")
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
            has_words = value and (" " in value.strip(" …") or value[0].isupper())  # others are ids
            if value and (name in SHOWN or (name.startswith("data-") and has_words)):
                self.lines.append(" ".join(value.split()))

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


def read_module(source: str) -> list[str]:
    """The sentences among its constants, and what lists of tools say of a tool."""
    words = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            words.append(_read_text(node.value))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "run":
            words.append((ast.get_docstring(node) or "").partition("\n")[0])
    return [text for text in words if re.fullmatch(r"[A-Z].* .*\.", text)]


def _read_text(value: ast.expr) -> str:
    match value:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_read_text(part) for part in parts)
        case ast.FormattedValue():
            return "…"
        case _:
            return ""


def list_words() -> str:
    """Those of all templates and modules, by file."""
    found = {file.name: read_words(file.read_text()) for file in sorted(TEMPLATES.iterdir())}
    for pattern in ANSWERS:
        for file in sorted(APP.glob(pattern)):
            found[str(file.relative_to(APP))] = read_module(file.read_text())
    parts = [
        "\n".join([f"== {name}", *dict.fromkeys(words)]) for name, words in found.items() if words
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    LIST.write_text(list_words())
