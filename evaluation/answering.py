"""Answers as a person gets them: whether quotes are where they are said to be, whether exact words
hold the answer, and how long the first word takes."""

import asyncio
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
from bench.figures import Row, in_ms
from bench.person import Person
from tests.support.local_stack import LocalStack
from tests.support.person import generate, wait_until_final

from evaluation.distractors import make_distractors
from evaluation.question_set import ANSWERABLE, Question, load_documents
from evaluation.reader import Reader
from evaluation.uploads import lay_out
from evaluation.words import squeeze

EXACT_GOAL, OVERHEAD_GOAL = 0.7, 0.3
READING = re.compile(r"^llamacpp:prompt_seconds_total (\S+)", re.M)


class HasPages(Protocol):
    def read_page(self, document: str, number: int) -> str:
        """Its text."""


@dataclass(frozen=True)
class Answer:
    """A reply to one question, as exports have it."""

    question: Question
    content: str
    found: bool
    quotes: list[dict[str, Any]]

    @property
    def is_right(self) -> bool:
        """Whether it has the answer's words, quoted from the right page."""
        here = (self.question.document.name, self.question.page)
        quoted = {(Path(q["document"]).stem, q["page"]) for q in self.sources}
        return here in quoted and squeeze(self.question.span) in squeeze(self.content)

    @property
    def sources(self) -> list[dict[str, Any]]:
        """Its quotes, without the marks of sentences that have none."""
        return [quote for quote in self.quotes if quote["document_id"]]


def ask(reader: Reader, question: Question, mode: str) -> Answer:
    """In a chat of its own with all documents."""
    chat = reader.open_chat_with_documents()
    send(reader, chat, question, mode)
    message = reader.browser.get(f"{chat}/export.json").json()["messages"][-1]
    reply = message["reply"]
    assert reply["state"] == "complete", reply
    return Answer(question, message["content"], reply["found"], reply["quotes"])


def send(reader: Reader, chat: str, question: Question, mode: str) -> None:
    """Returns when the reply is there."""
    form = {"prompt": question.ask, "client_key": uuid.uuid4().hex, "mode": mode}
    assert reader.browser.post(generate(chat), data=form).status_code == 303
    wait_until_final(reader.browser, chat, 120)


def measure_exact_words(reader: Reader, questions: Sequence[Question]) -> list[Row]:
    """No model is asked."""
    answers = [ask(reader, question, "exact") for question in questions]
    kinds = {kind: [a for a in answers if a.question.kind == kind] for kind in ANSWERABLE}
    answerable = [answer for some in kinds.values() for answer in some]
    right = _share([answer.is_right for answer in answerable])
    each = ", ".join(f"{k} {_share([a.is_right for a in some]):.2f}" for k, some in kinds.items())
    told = [answer for answer in answerable if answer.found]
    refused = [not a.found for a in answers if a.question.kind == "unanswerable"]
    return [
        Row(
            "exact words: the sentence has the answer, on its page",
            f"≥ {EXACT_GOAL}",
            f"{right:.2f} of {len(answerable)} ({each})",
            right >= EXACT_GOAL,
        ),
        Row(
            "the same, of those that were answered at all",
            "",
            f"{_share([answer.is_right for answer in told]):.2f} of {len(told)}",
            None,
        ),
        Row(
            "exact words: said not to be there, of unanswerable questions",
            "",
            f"{_share(refused):.2f} of {len(refused)}",
            None,
        ),
        judge_quotes(reader, answers),
    ]


def measure_replies(reader: Reader, questions: Sequence[Question]) -> list[Row]:
    """Written by the language model, from documents."""
    answers = [ask(reader, question, "documents") for question in questions]
    written = [answer for answer in answers if answer.found]
    sentences = [bool(quote["document_id"]) for answer in written for quote in answer.quotes]
    return [
        Row("sentences of replies with a source", "", _describe(sentences), None),
        judge_quotes(reader, answers),
    ]


def judge_quotes(reader: Reader, answers: Sequence[Answer]) -> Row:
    exact = [is_exact(reader, quote) for answer in answers for quote in answer.sources]
    seen = f"{sum(exact)} of {len(exact)} quotes of {len(answers)} replies"
    return Row("quotes that are on their page, letter for letter", "all", seen, all(exact))


def is_exact(reader: HasPages, quote: dict[str, Any]) -> bool:
    """Whether it is in the page's text at its place; and in the page as it was written, which only
    a scan's reader may have misread."""
    text = reader.read_page(quote["document_id"], quote["page"])
    there = bool(quote["text"]) and text[quote["quote_start"] : quote["quote_end"]] == quote["text"]
    document = load_documents().get(Path(quote["document"]).stem)
    if document is None or document.form == "scan":
        return there
    page = document.pages[quote["page"] - 1]
    written = lay_out(page) if document.form == "pdf" else page
    return there and squeeze(quote["text"]) in squeeze(written)


def measure_summaries(reader: Reader, questions: Sequence[Question]) -> Row:
    """Whether the model is given what belongs in a summary: short documents are given whole."""
    given = []
    for question in questions:
        chat = reader.open_chat_with_documents(question.document.name)
        send(reader, chat, question, "documents")
        text = squeeze(reader.read_given(chat))
        given += [squeeze(fact) in text for fact in question.facts]
    return Row(
        "facts of summaries that the model is given, of a document by itself",
        "",
        _describe(given),
        None,
    )


def measure_first_word(parley: LocalStack, reader: Reader, questions: Sequence[Question]) -> Row:
    """From Send to the first word, less the model's own reading of the prompt, which must be new
    to it."""
    overheads, firsts = asyncio.run(_time_first_words(parley, reader, questions))
    most = max(overheads)
    return Row(
        "first word with documents, less the model's reading of its prompt",
        f"≤ {OVERHEAD_GOAL} s",
        f"at most {most:.2f} s; all of it {in_ms(firsts)}",
        most <= OVERHEAD_GOAL,
    )


async def _time_first_words(
    parley: LocalStack, reader: Reader, questions: Sequence[Question]
) -> tuple[list[float], list[float]]:
    overheads, firsts = [], []
    client = httpx.AsyncClient(
        base_url=parley.url, cookies=reader.browser.cookies, timeout=120, trust_env=False
    )
    async with client:
        for question in questions:
            chat = reader.open_chat_with_documents().removeprefix("/chats/")
            before = read_prompt_seconds(parley)
            timing = await Person(client).ask(chat, question.ask)
            if (read := read_prompt_seconds(parley) - before) > 0:  # else it was refused
                overheads.append(timing.first - read)
                firsts.append(timing.first)
    return overheads, firsts


def read_prompt_seconds(parley: LocalStack) -> float:
    """How long the model's server has been reading prompts since it began."""
    key = Path(parley.environment("lm-api")["LM_API_KEY_FILE"]).read_text().strip()
    told = httpx.get(
        f"http://127.0.0.1:{parley.ports['lm-api']}/metrics",
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
        trust_env=False,
    ).text
    found = READING.search(told)
    assert found, told
    return float(found[1])


def measure_privacy(parley: LocalStack, reader: Reader, questions: Sequence[Question]) -> Row:
    """Another person with one document asks the same, and then the first one's are deleted."""
    own, content = next(make_distractors(1))
    stranger = Reader(parley)
    stranger.upload([(f"own {own}", content)])
    stranger.wait_until_read()
    names = [p["name"] for q in questions for p in stranger.search(q, 5).passages]
    leaked = sum(name != f"own {own}" for name in names)
    gone = {question.document.name for question in questions}
    reader.delete(gone)
    found = [p["name"] for q in questions for p in reader.search(q, 5).passages]
    kept = sum(Path(name).stem in gone for name in found)
    return Row(
        "passages of another person, and of deleted documents, that are found",
        "0",
        f"{leaked} of {len(names)}, {kept} of {len(found)}",
        leaked + kept == 0,
    )


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


def _describe(values: Sequence[bool]) -> str:
    return f"{_share(values):.2f} of {len(values)}"
