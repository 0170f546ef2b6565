"""A bad join is told from a model that chose other words."""

from faults.scenarios.join import find_gap

ALONE = "Once upon a time there was a keeper of a lighthouse who loved the sea and its many ships."


def test_a_lost_and_a_repeated_piece_are_found() -> None:
    assert find_gap(ALONE, ALONE[:30] + ALONE[33:], 30).startswith("lost")
    assert find_gap(ALONE, ALONE[:30] + ALONE[25:], 30).startswith("repeated")


def test_other_words_are_no_gap_and_neither_is_a_parting_elsewhere() -> None:
    assert find_gap(ALONE, ALONE, 30) == ""
    assert find_gap(ALONE, ALONE[:30] + "man who had nothing to do with anything at all", 30) == ""
    assert find_gap(ALONE, ALONE[:50] + ALONE[53:], 30) == ""


def test_a_reply_that_is_only_shorter_has_no_gap() -> None:
    assert find_gap(ALONE, ALONE[:60], 30) == ""
