"""Which line breaks of a page mean something, and where its sentences end."""

import re

import pytest
from app.answering.lines import is_full, unwrap
from app.answering.sentences import cut_sentences

from tests.chat_ui.layouts import MUSEUM, SCAN

FULL = "The annual fee rises from the beginning of the next year on"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (f"{FULL}\n\nto 40 euros.", [f"{FULL}\n\nto 40 euros."]),
        (f"{FULL}\n\nHalf is due.", [FULL, "Half is due."]),
        (f"{FULL}\n\n- half is due.", [FULL, "- half is due."]),
        (f"The fee\n\nhalf is due. {FULL}", ["The fee", "half is due.", FULL]),
        (f"{FULL}.\nThe fee\n\nhalf is due.", [f"{FULL}.", "The fee", "half is due."]),
        ("The fee\n \nHalf is due.", ["The fee", "Half is due."]),
        (f"{FULL}\n\n", [FULL]),
    ],
)
def test_a_sentence_goes_on_below_an_empty_line_where_its_line_is_full(
    text: str, cut: list[str]
) -> None:
    assert [sentence.text for sentence in cut_sentences(text)] == cut


@pytest.mark.parametrize(
    "text",
    [
        *(f"A lost key costs {sign}18. The oven is cleaned." for sign in "£$€"),
        *("We open at 9:00. Ask.", "Je 4,60. Ohne Tee."),
    ],
)
def test_a_price_or_a_time_may_end_a_sentence(text: str) -> None:
    assert len([*cut_sentences(text)]) == 2
    bare = re.sub(r"[£$€]|:00|4,", "", text)
    assert len([*cut_sentences(bare)]) == 1


@pytest.mark.parametrize(
    ("text", "is_passage", "shown"),
    [
        (SCAN, True, SCAN.replace("\n", " ")),
        (MUSEUM, True, MUSEUM.replace("12\nJ", "12 J")),
        (MUSEUM[MUSEUM.index("Month") :], False, MUSEUM[MUSEUM.index("Month") :]),
        ("Sie sind im\nSommer offen, sagt die Leitung.", False, None),
        ("Rooms are cleaned\nevery day by the caretaker of the house.", True, None),
        ("Wir sind die\nDonaudampfschifffahrtsgesellschaft mit acht Schiffen.", True, None),
        ("One\n\ntwo\n- three", True, "One\n\ntwo\n- three"),
        ("One\n \ntwo", True, "One\n \ntwo"),
        ("It is\n  so, and then there is much more of it.", True, None),
        *((f"It has\n {sign} keys and", False, f"It has\n {sign} keys and") for sign in "-*•▪"),
        ("It falls to\n-5 degrees.", False, None),
        (
            "The prices are\nthese\nTea 3\nCake 4\nand so\non.",
            False,
            "The prices are these\nTea 3\nCake 4\nand so on.",
        ),
        ("It rises from\n\n45 to 52 pounds.", False, "It rises from  45 to 52 pounds."),
    ],
)
def test_line_breaks_stay_where_they_mean_something(
    text: str, is_passage: bool, shown: str | None
) -> None:
    assert unwrap(text, is_passage=is_passage) == (shown or text.replace("\n", " "))


def test_a_line_is_full_where_the_next_word_would_leave_a_quarter_of_it() -> None:
    assert is_full("Four", "five more", 12)
    assert not is_full("Four", "six more", 12)
