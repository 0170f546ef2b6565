"""Texts are cut into sentences, and sentences are compared by their words, numbers and names."""

import pytest
from app.answering.align import Words
from app.answering.sentences import Sentence, cut_markdown, cut_sentences, has, normalise_number

from tests.chat_ui.passages import BOILER


def test_sentences_of_markdown_are_found_without_its_marks() -> None:
    text = (
        "# Title\n\nOne *is*. Two!\n1. first item\n- [x] done\n```\ncode. here\n```\n$$\nx. y\n$$\n"
        "| a b. | c d |\n|---|---|\n> quote **bold.** End"
    )
    cut = list(cut_markdown(text))
    assert [s.text for s in cut] == [
        *("One *is*.", "Two!", "first item", "done", "a b. | c d", "---|---", "quote **bold.**"),
        "End",
    ]
    assert all(text[s.start : s.end] == s.text for s in cut)


def test_abbreviations_and_ordinals_end_no_sentence() -> None:
    text = "Am 3. Mai kam Dr. Ott, z. B. mit Nr. 4. Danach nichts… or so. Ende"
    assert [s.text for s in cut_sentences(text)] == [
        "Am 3. Mai kam Dr. Ott, z. B. mit Nr. 4. Danach nichts… or so.",
        "Ende",
    ]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("It was built in 1999. It was sold.", ["It was built in 1999.", "It was sold."]),
        ("He said “no.” Then he went.", ["He said “no.”", "Then he went."]),
        ("It weighs 7.2 kg. It is red.", ["It weighs 7.2 kg.", "It is red."]),
        ("「一つ。」二つ。", ["「一つ。」", "二つ。"]),
    ],
)
def test_a_point_ends_a_sentence_where_a_space_or_a_quotation_mark_follows(
    text: str, cut: list[str]
) -> None:
    assert [s.text for s in cut_sentences(text)] == cut


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("```\nno. code", []),
        ("$$\nx. y", []),
        ("~~~\nno. code\n~~~\nAfter.", ["After."]),
        ("  ```\nno. code\n  ```\nAfter.", ["After."]),
        ("```\na ``` b\nno. code\n```\nAfter.", ["After."]),
        ("Use ```this``` here. After.", ["Use ```this``` here.", "After."]),
        ("#1 is best.", ["#1 is best."]),
    ],
)
def test_code_and_formulas_are_no_sentences_up_to_their_end(text: str, cut: list[str]) -> None:
    assert [s.text for s in cut_markdown(text)] == cut


def test_rows_of_a_table_in_a_reply_are_sentences_of_their_own() -> None:
    text = "Tea 3\nCake 4\nIt is red. It is hot."
    cut = [(s.start, s.text) for s in cut_markdown(text)]
    assert cut == [(0, "Tea 3"), (6, "Cake 4"), (13, "It is red."), (24, "It is hot.")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("保証金は", {"保証", "証金", "金は"}),
        ("金", {"金"}),
        ("かな ขอบ \uf900\uf901\uf902", {"かな", "ขอ", "อบ", "豈更", "更車"}),
        ("ﾞ", {"ﾞ"}),
    ],
)
def test_where_no_spaces_are_between_words_two_signs_are_one(text: str, words: set[str]) -> None:
    """What is nothing but an accent is a word, too."""
    assert Sentence(0, 1, text).words == words


def test_a_heading_is_no_part_of_the_sentence_after_it() -> None:
    assert [s.text for s in cut_sentences(BOILER)] == [
        "Error codes",
        "F28 means that the gas valve did not open.",
        "F75 means that the pressure of the water is\nToo Low.",
        "Pets",
        "Cats are allowed without asking.",
    ]


@pytest.mark.parametrize(
    ("same", "number"),
    [
        ("1500 1,500 1.500 1’500 1,500.00 01500", "1500"),
        ("2.5 2,50 2.50", "2.5"),
        ("0.125 0,125", "0.125"),
        ("1234.567 1234,567", "1234.567"),
        ("12.345.678 12,345,678", "12345678"),
        ("123,456 123456", "123456"),
        ("01,5 1,5", "1.5"),
    ],
)
def test_a_number_is_the_same_however_its_digits_are_grouped(same: str, number: str) -> None:
    assert {normalise_number(written) for written in same.split()} == {number}
    for space in " \u00a0\u202f":
        assert Sentence(0, 5, f"1{space}500").numbers == {"1500"}
    assert Sentence(0, 6, "1 5000").numbers == {"1", "5000"}


def test_the_numbers_that_a_reply_gives_its_sources_state_nothing() -> None:
    assert Sentence(0, 1, "Pets [1] and cats[^2]").numbers == frozenset()


@pytest.mark.parametrize(
    ("word", "other", "same"),
    [
        ("contracts", "contract", True),
        ("cats", "cat", True),
        ("cat", "cats", True),
        ("cart", "cat", False),
        ("ins", "in", False),
        ("in", "ins", False),
        ("water", "watery", True),
        ("returning", "returned", True),
        ("mother", "bother", False),
        ("inter", "international", False),
        ("international", "inter", False),
        ("123456", "123457", False),
    ],
)
def test_forms_of_a_word_begin_alike(word: str, other: str, same: bool) -> None:
    assert has(frozenset([other]), word) is same


def test_a_small_word_says_little_but_a_number_or_a_sign_that_is_a_word() -> None:
    words = Words([Sentence(0, 1, "x")])
    assert words.weigh("7") == words.weigh("界") == words.weigh("long") > words.weigh("of")
    assert words.weigh("of") == words.weigh("the")


def test_names_are_words_with_a_capital_but_for_those_that_begin_many_sentences() -> None:
    said = "If Zoë pays", "Zoë pays", "nobody pays Zoë", "A. B. pays"
    assert [Sentence(0, 1, text).names for text in said] == [{"zoe"}] * 3 + [set()]
