"""A snippet shows where the words are, marks them all, and stays short whatever the text is."""

import pytest
from app.search.snippets import BEGIN, END, MOST_CHARACTERS, make_snippet, mark

FILLER = "lorem ipsum dolor sit amet " * 40


def marked(text: str) -> str:
    """With brackets, which can be read."""
    return text.replace(BEGIN, "[").replace(END, "]")


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("The River and rivers", ["river"], "The [River] and [rivers]"),
        ("driver", ["river"], "driver"),
        ("one, two", ["two", "one"], "[one], [two]"),
        ("foobar foo", ["foo", "foobar"], "[foobar] [foo]"),
        ("snake_case", ["case"], "snake_[case]"),
        ("世界你好", ["世", "界"], "[世界]你好"),
        ("a.c abc", ["a"], "[a].c [abc]"),
        ("1+1=2", ["1"], "[1]+[1]=2"),
        (f"{BEGIN}no{END} yes", ["yes"], "no [yes]"),
        ("nothing", [], "nothing"),
        ("", ["x"], ""),
    ],
)
def test_each_hit_is_marked(text: str, words: list[str], expected: str) -> None:
    assert marked(mark(text, words)) == expected
    assert marked(make_snippet(text, words)) == expected


def test_white_space_becomes_one_space() -> None:
    assert marked(make_snippet("one\n\n  two\tthree", ["two"])) == "one [two] three"


def test_a_hit_far_down_is_shown_with_what_is_around_it() -> None:
    snippet = marked(make_snippet(FILLER + "here is the needle indeed " + FILLER, ["needle"]))
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert "here is the [needle] indeed" in snippet
    assert len(snippet) <= MOST_CHARACTERS + 4


def test_words_far_apart_are_shown_in_two_fragments() -> None:
    text = f"the needle {FILLER} and the thread {FILLER}"
    snippet = marked(make_snippet(text, ["needle", "thread"]))
    first, second = snippet.split("… …")
    assert "the [needle]" in first
    assert "the [thread]" in second
    assert len(snippet) <= MOST_CHARACTERS + 8


def test_without_a_hit_the_beginning_is_shown() -> None:
    snippet = make_snippet(FILLER, ["needle"])
    assert FILLER.startswith(snippet.rstrip("…"))
    assert 100 < len(snippet) <= MOST_CHARACTERS + 1


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "x " * 50_000, "世" * 30_000, "\ue000" * 100_000 + "x", "a" * 99 + " x"]
)
def test_it_is_short_and_every_mark_is_closed(text: str) -> None:
    snippet = make_snippet(text, ["x", "世"])
    plain = snippet.replace(BEGIN, "").replace(END, "")
    assert len(plain) <= MOST_CHARACTERS + 4
    assert snippet.count(BEGIN) == snippet.count(END) > 0
    assert marked(snippet).replace("]", "").count("[") == snippet.count(BEGIN)
