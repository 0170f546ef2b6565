"""What counts as an exact quote, and as a right answer."""

from typing import Any

import pytest

from evaluation.answering import Answer, is_exact, measure_f1
from evaluation.question_set import Question, load_questions
from evaluation.uploads import lay_out

DEPOSIT = next(q for q in load_questions() if q.key == "en-lease/deposit")
PARKING = next(q for q in load_questions() if q.key == "en-lease/parking")
PAGE = lay_out(DEPOSIT.document.pages[1])


class Api:
    """Says what the page's text is."""

    def __init__(self, text: str = PAGE) -> None:
        self.text = text

    def read_page(self, document: str, number: int) -> str:
        return self.text


def quote(text: str, **changed: Any) -> dict[str, Any]:
    start = PAGE.find(text)
    about = {"document_id": "d", "document": "en-lease.pdf", "page": 2, "text": text}
    return about | {"quote_start": start, "quote_end": start + len(text)} | changed


SENTENCE = "The tenant pays a deposit of £1,710 before the keys are handed over."


@pytest.mark.parametrize(
    ("shown", "text", "exact"),
    [
        (quote(SENTENCE), PAGE, True),
        (quote(SENTENCE, quote_start=0), PAGE, False),
        (quote(SENTENCE, page=1), PAGE, False),
        (quote(SENTENCE), PAGE.replace("£1,710", "£1,701"), False),
        (quote("", quote_start=0, quote_end=0), PAGE, False),
    ],
)
def test_a_quote_is_exact_where_the_page_as_written_has_it(
    shown: dict[str, Any], text: str, exact: bool
) -> None:
    assert is_exact(Api(text), shown) is exact


@pytest.mark.parametrize(
    ("content", "quotes", "right"),
    [
        (SENTENCE, [quote(SENTENCE)], True),
        (SENTENCE, [quote(SENTENCE, page=1)], False),
        (SENTENCE, [quote(SENTENCE, document="en-school.pdf")], False),
        (SENTENCE, [quote(SENTENCE, document_id=None, document=None)], False),
        ("The tenant pays a deposit.", [quote(SENTENCE)], False),
    ],
)
def test_a_right_answer_has_the_words_and_their_page(
    content: str, quotes: list[dict[str, Any]], right: bool
) -> None:
    assert Answer(DEPOSIT, content, True, quotes).is_right is right


NOWHERE = "This is not in your documents."


@pytest.mark.parametrize(
    ("question", "content", "f1"),
    [
        (DEPOSIT, "£1,710", 1.0),
        (DEPOSIT, "a deposit of £1,710", 2 * 2 / (5 + 2)),
        (DEPOSIT, "The tenant", 0.0),
        (DEPOSIT, NOWHERE, 0.0),
        (PARKING, NOWHERE, 1.0),
        (PARKING, "a deposit", 0.0),
    ],
)
def test_words_agree_with_the_span_or_there_is_none(
    question: Question, content: str, f1: float
) -> None:
    assert measure_f1(Answer(question, content, True, [quote(SENTENCE)])) == f1
