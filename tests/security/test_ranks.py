"""Whether times differ is told as statisticians tell it."""

import random

import pytest

from security.ranks import differ_clearly, ratio, standard_score

SAME = [1.0, 2.0, 3.0, 4.0]


def test_equal_times_score_nothing_and_a_shift_scores_by_its_sign() -> None:
    assert standard_score(SAME, SAME) == 0
    assert standard_score([1, 2, 3], [4, 5, 6]) == pytest.approx(1.964, abs=1e-3)
    assert standard_score([4, 5, 6], [1, 2, 3]) == pytest.approx(-1.964, abs=1e-3)
    assert ratio([1, 2, 3], [2, 4, 60]) == 2


@pytest.mark.parametrize(("shift", "differ"), [(0, False), (0.0002, False), (0.002, True)])
def test_only_a_clear_difference_counts(shift: float, differ: bool) -> None:
    """Of answers that take 5 ms, give or take one, and sometimes ten times as long."""
    chance = random.Random(7)

    def measure(by: float) -> list[float]:
        return [0.005 + by + abs(chance.gauss(0, 0.001)) * chance.choice([1] * 9 + [30])
                for _ in range(100)]  # fmt: skip

    assert differ_clearly(measure(0), measure(shift)) == differ
