"""What a run keeps for the next one."""

from functools import partial
from pathlib import Path

import pytest

from bench.figures import Row
from evaluation.__main__ import (
    ASKING,
    CERTAIN,
    NEVER_MEASURED,
    describe_models,
    find_kept,
    find_missed,
    name_parts,
)
from evaluation.answering import QUOTES
from evaluation.options import read_options
from evaluation.report import Report

ROW = Row("a figure", "≥ 1", "2", True)


def measured(report: Report, *steps: str) -> list[str]:
    """Which of these steps were not known before."""
    began: list[str] = []

    def measure(step: str) -> list[Row]:
        began.append(step)
        if step == "breaks":
            raise OSError
        return [ROW]

    for step in steps:
        report.measure(step, partial(measure, step))
    return began


def test_a_run_goes_on_where_another_was_cut_off(tmp_path: Path) -> None:
    first = Report(tmp_path / "kept" / "a.json")
    first.note("On Monday.")
    assert measured(first, "one", "breaks", "two") == ["one", "breaks", "two"]
    assert (first.broken, first.lacks(["one", "breaks"])) == (["breaks"], True)

    second = Report(tmp_path / "kept" / "a.json")
    assert measured(second, "one", "breaks", "two") == ["breaks"]
    assert (second.rows, second.facts) == ({"one": [ROW], "two": [ROW]}, ["On Monday."])
    assert not second.lacks(["two", "one"])

    second.forget()
    assert measured(Report(tmp_path / "kept" / "a.json"), "one") == ["one"]


@pytest.mark.parametrize("arguments", [["--quick"], ["--half", "tune"]])
def test_only_a_whole_run_is_kept(arguments: list[str]) -> None:
    assert find_kept(read_options(arguments, {})) is None


def test_what_is_kept_is_for_the_same_models() -> None:
    one, other = {"EMBED_MODEL": "a"}, {"ANSWER_MODEL": "a"}
    assert len({find_kept(read_options([], models)) for models in ({}, one, other)}) == 3


def test_a_quote_that_is_not_on_its_page_is_a_mistake() -> None:
    report = Report()
    report.measure("replies", lambda: [ROW, Row(QUOTES, "all", "1 of 2", False)])
    assert find_missed(report) == [("replies", QUOTES)]
    assert CERTAIN.intersection(find_missed(report))


def test_each_step_is_told_in_one_part_of_the_section() -> None:
    told = [step for steps in name_parts("a", "b").values() for step in steps]
    assert sorted(told) == sorted({"speed", "memory", *ASKING})


def test_the_models_are_named_or_said_to_be_lacking() -> None:
    named = {"EMBED_MODEL": "a", "ANSWER_MODEL": "b"}
    assert describe_models(read_options([], named)) == ("a", "b", [NEVER_MEASURED])
    embedding, head, lacking = describe_models(read_options([], {}))
    assert ("minilm" in embedding, "no model" in head, len(lacking)) == (True, True, 3)
