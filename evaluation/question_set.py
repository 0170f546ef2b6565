"""The documents and the questions about them, read from `documents/` and `questions/`."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
ANSWERABLE = ("literal", "paraphrased", "cross-language", "scanned")
KINDS = (*ANSWERABLE, "follow-up", "unanswerable", "summary")

PAGE = "\n<!-- page -->\n"
MARKS = re.compile(r"^(#+|-) ", re.M)
# Not after a digit: that may be a date in German.
SENTENCE_END = re.compile(r"(?<=[^\d\s][.!?]) ")


@dataclass(frozen=True)
class Document:
    """`form` is what is uploaded: a PDF with text, a scan (a PDF of pictures), or Markdown."""

    name: str
    language: str
    form: str
    pages: tuple[str, ...]  # Markdown

    def __str__(self) -> str:
        return self.name

    def sentence_around(self, page: int, span: str) -> str:
        """Of the page as it is written: with the span, which must be on it once."""
        lines = MARKS.sub("", self.pages[page - 1]).splitlines()
        sentences = [sentence for line in lines for sentence in SENTENCE_END.split(line)]
        (found,) = (sentence for sentence in sentences if span in sentence)
        return found


@dataclass(frozen=True)
class Question:
    """`page` and `span` say where the answer is, if there is one. Only one half was looked at
    when thresholds were chosen (`tune`); figures come from the other one (`test`)."""

    key: str
    document: Document
    kind: str
    language: str
    ask: str
    half: str = ""
    page: int = 0
    span: str = ""
    before: str = ""  # what was asked before it, where it can't be understood alone
    facts: tuple[str, ...] = ()  # that belong in a summary

    @property
    def sentence(self) -> str:
        return self.document.sentence_around(self.page, self.span)


@cache
def load_documents() -> dict[str, Document]:
    """By name."""
    documents = (_load_document(file.stem) for file in sorted(FOLDER.glob("documents/*.md")))
    return {document.name: document for document in documents}


@cache
def load_questions() -> tuple[Question, ...]:
    """In the order of the documents."""
    return tuple(q for document in load_documents().values() for q in _load_questions(document))


def _load_document(name: str) -> Document:
    about, text = _read(name), (FOLDER / "documents" / f"{name}.md").read_text()
    pages = tuple(page.strip() for page in text.split(PAGE))
    return Document(name, about["language"], about["form"], pages)


def _load_questions(document: Document) -> Iterator[Question]:
    about = _read(document.name)
    asked = {key: each["ask"] for kind in KINDS for key, each in about.get(kind, {}).items()}
    for kind in KINDS:
        for key, each in about.get(kind, {}).items():
            yield Question(
                key=f"{document.name}/{key}",
                document=document,
                kind=kind,
                language=each.get("language", document.language),
                ask=each["ask"],
                half=each.get("half", ""),
                page=each.get("page", 0),
                span=each.get("span", ""),
                before=asked[each["after"]] if "after" in each else "",
                facts=tuple(each.get("facts", ())),
            )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / "questions" / f"{name}.toml").read_text())
