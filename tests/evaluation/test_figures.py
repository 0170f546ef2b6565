"""What the evaluation counts and writes."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it has no types
import pytest

from bench.figures import Row
from evaluation import memory, shapes, table
from evaluation.finding import Outcome, judge, list_misses
from evaluation.options import FULL, QUICK, read_options
from evaluation.question_set import Question, load_documents, load_questions
from evaluation.reader import Search, holds_answer

DEPOSIT = next(q for q in load_questions() if q.key == "en-lease/deposit")
PARKING = next(q for q in load_questions() if q.key == "en-lease/parking")
PASSAGE = {"name": "en-lease.pdf", "page": 2, "text": "a deposit of\n£1,710 before"}
OTHER = PASSAGE | {"page": 3}


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, True),
        ({"text": "a deposit of £1,\n710"}, True),
        ({"text": "a deposit of £1,700"}, False),
        ({"page": 1}, False),
        ({"name": "en-school.pdf"}, False),
    ],
)
def test_an_answer_counts_on_its_own_page_only(changed: dict[str, Any], holds: bool) -> None:
    assert holds_answer(PASSAGE | changed, DEPOSIT) is holds


def ask(question: Question, passage: dict[str, Any], good: bool) -> Outcome:
    return Outcome(question, Search(good, [OTHER, passage]), 0.1)


OUTCOMES = [
    ask(DEPOSIT, PASSAGE, True),
    ask(DEPOSIT, PASSAGE, False),
    ask(DEPOSIT, OTHER, True),
    ask(PARKING, PASSAGE, True),
    ask(PARKING, PASSAGE, False),
]


def test_recall_and_refusals_are_counted_by_kind() -> None:
    rows = {row.figure: row for row in judge(OUTCOMES, has_vectors=False)}
    assert rows["recall@5, literal"] == Row("recall@5, literal", "≥ 0.9", "0.67 of 3", False)
    assert rows["recall@5, of scans"].seen == "none asked"
    refused = rows["unanswerable questions refused"]
    wrongly = rows["answerable questions refused"]
    assert (refused.seen, refused.holds) == ("0.50 of 2", False)
    assert (wrongly.seen, wrongly.holds) == ("0.33 of 3 (literal 0.33)", False)


@pytest.mark.parametrize("has_vectors", [True, False])
def test_paraphrases_are_a_goal_only_with_vectors(has_vectors: bool) -> None:
    row = next(row for row in judge(OUTCOMES, has_vectors=has_vectors) if "English" in row.figure)
    assert (bool(row.goal), row.holds is None) == (has_vectors, not has_vectors)


def test_what_went_wrong_is_told() -> None:
    assert [miss.split(": ")[1] for miss in list_misses(OUTCOMES)] == [
        "refused",
        "not found",
        "not refused",
    ]


@pytest.mark.parametrize(
    ("arguments", "written"),
    [([], True), (["--quick"], False), (["--half", "tune"], False)],
)
def test_only_a_whole_run_of_the_half_not_tuned_on_is_written(
    arguments: list[str], written: bool
) -> None:
    assert read_options(arguments, {}).written is written


def test_a_short_run_asks_in_every_language() -> None:
    languages = {load_documents()[name].language for name in QUICK.documents}
    assert languages == {document.language for document in load_documents().values()}
    assert QUICK.paragraphs < FULL.paragraphs


def test_the_section_names_the_model_of_each_figure() -> None:
    row = Row("a figure", "≥ 1", "2", True)
    parts = {"With words": [row], "With a model": [row]}
    text = table.render(parts, "Measured.", ["this", "that"])
    assert text.count("| a figure | ≥ 1 | 2 | holds |") == 2
    assert "With a model:\n\n| figure" in text
    assert text.endswith("Not measured here: this; that.\n")
    assert "Not measured" not in table.render(parts, "Measured.", [])


def test_a_run_takes_the_models_that_are_set() -> None:
    options = read_options([], {"EMBED_MODEL": "e", "ANSWER_MODEL": "a"})
    assert (options.embedding, options.head) == ("e", "a")


def test_memory_is_that_of_the_moment_when_all_together_took_most() -> None:
    moments = [
        {"doc-worker": 300.0, "embed": 100.0, "answer": 50.0},
        {"doc-worker": 200.0, "embed": 250.0, "answer": 50.4},
    ]
    row = memory.judge(moments)
    assert (row.seen, row.holds) == ("500 MB (doc-worker 200, embed 250, answer 50)", True)
    assert memory.judge([{"doc-worker": 701.0}]).holds is False


def test_the_stand_in_of_a_head_is_a_model_like_it(tmp_path: Path) -> None:
    shapes.write_head(tmp_path / "head", layers=2, size=24, hidden=32, tokens=50)
    session = onnxruntime.InferenceSession(tmp_path / "head" / "model.onnx")
    assert [each.name for each in session.get_inputs()] == ["input_ids", "attention_mask"]
    ids = np.array([[2, 5, 3, 7, 9, 3]], np.int64)
    given = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    logits = session.run(["start_logits", "end_logits"], given)
    assert [each.shape for each in logits] == [ids.shape] * 2
