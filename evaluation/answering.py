"""Answers as a person gets them: whether quotes are where they are said to be, whether exact words
hold the answer, and how long the first word takes."""

import asyncio
import re
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, Protocol

import httpx
from bench.figures import Row, in_ms
from bench.person import Person
from tests.support.local_stack import LocalStack
from tests.support.person import generate, stop_address, wait_until_final
from tests.support.waiting import wait_until

from evaluation.distractors import make_distractors
from evaluation.question_set import ANSWERABLE, Question, load_documents
from evaluation.reader import Reader, get_id
from evaluation.uploads import lay_out
from evaluation.words import squeeze

EXACT_GOAL, OVERHEAD_GOAL = 0.7, 0.3
QUOTES = "quotes that are on their page, letter for letter"
PRIVACY = "passages of another person, and of deleted documents, that are found"
WORD = re.compile(r"\w+")
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
    def is_told(self) -> bool:
        """Whether it is words of a document; else it says that nothing was found."""
        return any(self.content in quote["text"] for quote in self.sources)

    @property
    def sources(self) -> list[dict[str, Any]]:
        """Its quotes, without the marks of sentences that have none."""
        return [quote for quote in self.quotes if quote["document_id"]]


def ask(reader: Reader, question: Question, mode: str) -> Answer:
    """In a chat of its own with all documents."""
    chat = reader.open_chat_with_documents()
    send(reader, chat, question, mode)
    wait_until_final(reader.browser, chat, 120)
    return read_answer(reader, chat, question)


def send(reader: Reader, chat: str, question: Question, mode: str) -> None:
    form = {"prompt": question.ask, "client_key": uuid.uuid4().hex, "mode": mode}
    assert reader.browser.post(generate(chat), data=form).status_code == 303


def read_answer(reader: Reader, chat: str, question: Question) -> Answer:
    """The chat's last reply."""
    message = reader.browser.get(f"{chat}/export.json").json()["messages"][-1]
    reply = message["reply"]
    assert reply["state"] == "complete", reply
    return Answer(question, message["content"], reply["found"], reply["quotes"])


def measure_exact_words(reader: Reader, questions: Sequence[Question], *, head: bool) -> list[Row]:
    """The language model is not asked. `head`: a question-answering model is."""
    answers = [ask(reader, question, "exact") for question in questions]
    kinds = {kind: [a for a in answers if a.question.kind == kind] for kind in ANSWERABLE}
    answerable = [answer for some in kinds.values() for answer in some]
    right = _share([answer.is_right for answer in answerable])
    each = ", ".join(f"{k} {_share([a.is_right for a in some]):.2f}" for k, some in kinds.items())
    told = [answer for answer in answerable if answer.is_told]
    refused = [not a.is_told for a in answers if a.question.kind == "unanswerable"]
    rows = [
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
        Row("exact words: said not to be there, of unanswerable questions", "",
            f"{_share(refused):.2f} of {len(refused)}", None),
        judge_quotes(reader, answers),
    ]  # fmt: skip
    if head:
        spans = [measure_f1(answer) for answer in answers]
        rows.append(Row("span F1", "", f"{mean(spans):.2f} of {len(spans)}", None))
    return rows


def measure_f1(answer: Answer) -> float:
    """How far the words agree with the span's, as SQuAD 2.0 counts it: an answer where there is
    none has nothing right, and neither has the lack of one where there is one."""
    span = answer.question.span
    if not span or not answer.is_told:
        return float(not span and not answer.is_told)
    given, wanted = (Counter(WORD.findall(text.casefold())) for text in (answer.content, span))
    return 2 * (given & wanted).total() / (given.total() + wanted.total())


def measure_replies(parley: LocalStack, reader: Reader, questions: Sequence[Question]) -> list[Row]:
    """Written by the language model, from documents. From Send to the first word, less the model's
    own reading of the prompt, which must be new to it."""
    asked = asyncio.run(_ask_by_stream(parley, reader, questions))
    answers = [answer for answer, _, _ in asked]
    firsts = [first for _, first, read in asked if read > 0]  # else it was refused
    most = max(first - read for _, first, read in asked if read > 0)
    supported = [
        bool(q["document_id"]) for answer in answers if answer.found for q in answer.quotes
    ]
    return [
        Row(
            "first word with documents, less the model's reading of its prompt",
            f"≤ {OVERHEAD_GOAL} s",
            f"at most {most:.2f} s; all of it {in_ms(firsts)}",
            most <= OVERHEAD_GOAL,
        ),
        Row("sentences of replies with a source", "", _describe(supported), None),
        judge_quotes(reader, answers),
    ]


async def _ask_by_stream(
    parley: LocalStack, reader: Reader, questions: Sequence[Question]
) -> list[tuple[Answer, float, float]]:
    """The answers, with the seconds until their first words, and how long the model read."""
    asked = []
    async with httpx.AsyncClient(
        base_url=parley.url, cookies=reader.browser.cookies, timeout=120, trust_env=False
    ) as client:
        for question in questions:
            chat = reader.open_chat_with_documents()
            before = read_prompt_seconds(parley)
            timing = await Person(client).ask(get_id(chat), question.ask)
            read = read_prompt_seconds(parley) - before
            asked.append((read_answer(reader, chat, question), timing.first, read))
    return asked


def judge_quotes(reader: Reader, answers: Sequence[Answer]) -> Row:
    exact = [is_exact(reader, quote) for answer in answers for quote in answer.sources]
    seen = f"{sum(exact)} of {len(exact)} quotes of {len(answers)} replies"
    return Row(QUOTES, "all", seen, all(exact))


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


def stop(reader: Reader, chat: str) -> None:
    """Its reply, which nobody wants to read."""
    page = reader.browser.get(chat).text
    if "data-unfinished" in page:
        assert reader.browser.post(stop_address(page)).status_code == 303
        wait_until_final(reader.browser, chat, 120)


def measure_summaries(reader: Reader, questions: Sequence[Question]) -> Row:
    """Whether the model is given what belongs in a summary: short documents are given whole."""
    given = []
    for question in questions:
        chat = reader.open_chat_with_documents(question.document.name)
        send(reader, chat, question, "documents")
        text = squeeze(wait_until(partial(reader.read_given, chat), 120))
        stop(reader, chat)
        given += [squeeze(fact) in text for fact in question.facts]
    return Row(
        "facts of summaries that the model is given, of a document by itself",
        "",
        _describe(given),
        None,
    )


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
        PRIVACY,
        "0",
        f"{leaked} of {len(names)}, {kept} of {len(found)}",
        leaked + kept == 0,
    )


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


def _describe(values: Sequence[bool]) -> str:
    return f"{_share(values):.2f} of {len(values)}"
