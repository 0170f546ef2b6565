"""Long waits miss the goals."""

from faults.waits import describe_missed, percentile


def test_percentiles() -> None:
    assert percentile([float(n) for n in range(1, 101)], 95) == 95
    assert percentile([4.0], 95) == 4


def test_a_goal_is_missed_by_more_than_it_says() -> None:
    assert describe_missed([]) == ""
    assert describe_missed([20.0] * 99 + [60.0]) == ""
    assert describe_missed([21.0] * 9 + [1.0]) == "p95 21.0 s, not 20 s"
    assert describe_missed([1.0] * 99 + [61.0]) == "longest 61.0 s, not 60 s"
