"""The set keeps what its README says of it."""

from collections import Counter

import pypdfium2  # type: ignore[import-untyped]  # it has no types
import pytest

from evaluation.distractors import make_distractors
from evaluation.question_set import (
    ANSWERABLE,
    FOLDER,
    KINDS,
    LANGUAGES,
    Document,
    Question,
    load_documents,
    load_questions,
)
from evaluation.uploads import lay_out, make_upload
from evaluation.words import content_words, find_shared, have_common_root, squeeze

DOCUMENTS = list(load_documents().values())
QUESTIONS = load_questions()
COUNTS = Counter(question.kind for question in QUESTIONS)
LOCATED = [question for question in QUESTIONS if question.page]
DIFFERENT = ("paraphrased", "cross-language")


def name(question: Question) -> str:
    return question.key


def test_there_are_as_many_as_are_promised() -> None:
    answerable = sum(COUNTS[kind] for kind in ANSWERABLE)
    assert answerable >= 150
    assert sum(COUNTS[kind] for kind in DIFFERENT) >= answerable / 2
    assert (COUNTS["unanswerable"] >= 75, COUNTS["follow-up"], COUNTS["summary"]) == (True, 20, 10)


def test_every_key_is_used_once_and_every_question_asked_once() -> None:
    assert len({question.key for question in QUESTIONS}) == len(QUESTIONS)
    asked = Counter(question.ask for question in QUESTIONS if not question.before)
    assert asked.most_common(1)[0][1] == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_documents_and_each_kind_of_question(language: str) -> None:
    kinds = {q.kind for q in QUESTIONS if q.document.language == language}
    assert kinds >= set(KINDS) - {"scanned"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "summary"])
def test_each_kind_has_two_halves_of_about_one_size(kind: str) -> None:
    halves = Counter(question.half for question in QUESTIONS if question.kind == kind)
    assert halves.keys() == {"tune", "test"}
    assert abs(halves["tune"] - halves["test"]) <= 4


@pytest.mark.parametrize("question", LOCATED, ids=name)
def test_an_answer_is_on_its_page_once(question: Question) -> None:
    assert question.document.pages[question.page - 1].count(question.span) == 1


@pytest.mark.parametrize("question", [q for q in LOCATED if q.kind in DIFFERENT], ids=name)
def test_a_paraphrased_question_shares_no_content_word_with_its_answer(question: Question) -> None:
    assert not find_shared(question)
    assert len(content_words(question.ask, {question.language})) >= 2


@pytest.mark.parametrize(
    "question", [q for q in LOCATED if q.kind in ("literal", "scanned")], ids=name
)
def test_a_literal_question_shares_words_with_its_answer(question: Question) -> None:
    assert len(find_shared(question)) >= 2


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("bicycle", "bicycles", True),
        ("bicycle", "bicycling", True),
        ("haus", "hauser", True),
        ("key", "keys", True),
        ("kettle", "kept", False),
        ("dish", "disturb", False),
        ("12", "12", True),
        ("12000", "12001", False),
    ],
)
def test_words_have_a_common_root_or_not(one: str, other: str, common: bool) -> None:
    assert have_common_root(one, other) is common


def test_scans_and_cross_language_questions_are_what_they_are_called() -> None:
    for question in QUESTIONS:
        assert question.kind in KINDS
        assert (question.kind == "cross-language") == (
            question.language != question.document.language
        )
        assert question.kind != "scanned" or question.document.form == "scan"
        assert question.kind != "literal" or question.document.form != "scan"


def test_a_summary_has_facts_of_the_document() -> None:
    for question in QUESTIONS:
        text = "\n".join(question.document.pages)
        assert all(fact in text for fact in question.facts)
        assert bool(question.facts) == (question.kind == "summary")


def test_every_table_of_questions_is_read() -> None:
    files = (FOLDER / "questions").glob("*.toml")
    written = sum(line.count("ask = ") for file in files for line in file.read_text().splitlines())
    assert written == len(QUESTIONS)


@pytest.mark.parametrize("form", ["pdf", "scan", "markdown"])
def test_a_document_is_the_same_file_each_time(form: str) -> None:
    document = next(each for each in DOCUMENTS if each.form == form)
    assert make_upload(document) == make_upload(document)


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if d.form == "pdf"], ids=str)
def test_a_pdf_has_the_text_of_its_pages(document: Document) -> None:
    pdf = pypdfium2.PdfDocument(make_upload(document)[1])
    read = [page.get_textpage().get_text_range() for page in pdf]
    assert list(map(squeeze, read)) == [squeeze(lay_out(page)) for page in document.pages]


def test_distractors_are_the_same_each_time_and_hold_no_answer() -> None:
    texts = dict(make_distractors(30))
    assert texts == dict(make_distractors(30))
    together = b"\n".join(texts.values()).decode()
    assert "{" not in together
    names = {document.name for document in DOCUMENTS}
    assert not names & {file.removesuffix(".txt") for file in texts}
    telling = [q.span for q in LOCATED if len(q.span.split()) > 2]
    assert [span for span in telling if span in together] == []
