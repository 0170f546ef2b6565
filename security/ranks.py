"""Whether two kinds of answers take different times, told by their ranks: a few slow ones, as
every machine has, move no rank by much."""

import math
import statistics
from collections.abc import Sequence

# Standard deviations. By chance, one pair in 30,000 differs by four; whatever does is looked at
# again, with new samples.
CLEAR = 4.0
# Of the medians. Less than this nobody could use over a network, and noise of the machine can be
# as clear as that.
LEAST_RATIO = 1.1


def standard_score(one: Sequence[float], other: Sequence[float]) -> float:
    """How far the ranks of `other` are above those of `one`, in standard deviations of what chance
    does (the Mann-Whitney test, by its normal approximation)."""
    ranked = sorted([(value, False) for value in one] + [(value, True) for value in other])
    total, position = 0.0, 0
    while position < len(ranked):
        end = position
        while end < len(ranked) and ranked[end][0] == ranked[position][0]:
            end += 1
        rank = (position + 1 + end) / 2  # those that are equal share their ranks
        total += rank * sum(is_other for _, is_other in ranked[position:end])
        position = end
    n, m = len(one), len(other)
    expected = m * (n + m + 1) / 2
    return (total - expected) / math.sqrt(n * m * (n + m + 1) / 12)


def ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """Of the medians."""
    return statistics.median(other) / statistics.median(one)


def differ_clearly(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether somebody who measures could tell them apart."""
    by = ratio(one, other)
    return abs(standard_score(one, other)) > CLEAR and max(by, 1 / by) > LEAST_RATIO
