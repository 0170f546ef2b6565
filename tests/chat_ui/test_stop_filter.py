"""A reply ends before the words that a program names, however the model's pieces fall."""

import pytest
from app.replies.stop_filter import StopFilter


def write(stops: list[str], deltas: list[str]) -> tuple[str, bool]:
    """What a reply becomes of these pieces, and whether it was stopped."""
    stop_filter, text = StopFilter(stops), ""
    for delta in deltas:
        piece, is_stopped = stop_filter.take(delta)
        text += piece
        assert not any(stop in text for stop in stops)
        if is_stopped:
            return text, True
    return text + stop_filter.give_back(), False


@pytest.mark.parametrize(
    ("stops", "deltas", "text", "is_stopped"),
    [
        ([], ["one", " END"], "one END", False),
        (["END"], ["one", " END", " two"], "one ", True),
        (["END"], ["one E", "N", "D two"], "one ", True),
        (["END"], ["one E", "N", "X two"], "one ENX two", False),
        (["END"], ["one EN"], "one EN", False),
        (["END"], ["END"], "", True),
        (["aab"], ["a", "a", "a", "b", "c"], "a", True),
        (["x", "one"], ["one x"], "", True),
        (["\n\n"], ["one\n", "two\n", "\nthree"], "one\ntwo", True),
    ],
)
def test_it_ends_before_the_first_of_them(
    stops: list[str], deltas: list[str], text: str, is_stopped: bool
) -> None:
    assert write(stops, deltas) == (text, is_stopped)
    assert write(stops, list("".join(deltas))) == (text, is_stopped), "letter by letter"


def test_only_whole_pieces_are_let_go_and_no_more_is_held_back_than_has_to_be() -> None:
    stop_filter = StopFilter(["END"])
    assert [stop_filter.take(delta)[0] for delta in ("one", " two E", "at")] == [
        "one",
        "",
        " two Eat",
    ]
