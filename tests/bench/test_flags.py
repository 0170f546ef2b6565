"""The table of lm-api's settings, without the servers behind it."""

import pytest

from bench.flags import list_variants, render
from bench.tasks import Seen

ONE: Seen = {"1 at once": (40, 0.1)}


def test_a_line_has_the_medians_of_its_rounds() -> None:
    other: Seen = {"1 at once": (50, 0.3)}
    lines = render("writing", {"as it is": [(ONE, 500), (other, 520)]}).splitlines()
    assert lines[0] == "| writing | 1 at once | MB |"
    assert lines[-1] == "| as it is | 45, 200 ms | 510 |"


def test_a_variant_that_did_not_start_says_so() -> None:
    lines = render("writing", {"broken": [], "as it is": [(ONE, 500)]}).splitlines()
    assert lines[-2:] == ["| broken | broke |", "| as it is | 40, 100 ms | 500 |"]


@pytest.mark.parametrize("task", list_variants())
def test_each_variant_changes_something_else(task: str) -> None:
    changes = [tuple(some) for some in list_variants()[task].values()]
    assert len(set(changes)) == len(changes)
