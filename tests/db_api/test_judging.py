"""Whether the passages that were found answer the question: its words must stand close together, in
one sentence, in the row of a table, or beside what was asked before."""

import pytest
from app.passages.judge import PAIR, describe_places, read_rows
from app.text_tables import find_header, has_cells

from tests.db_api.api import Person
from tests.db_api.passages import TEXTS, Read, ask, read, reader, search

__all__ = ["read", "reader"]


@pytest.mark.parametrize(
    ("question", "good"),
    [
        ("How long must pea soup cook?", True),
        ("How much soup would I need?", True),
        ("How high must the soup cook?", True),
        ("What is the amount of soup?", True),
        ("How big was the soup?", True),
        ("What does soup mean?", True),
        ("Wie lange muss die Suppe kochen?", False),
        ("How much must I pay for it?", False),
        ("How much? How long?", False),
    ],
)
def test_few_passages_need_not_have_the_words_that_questions_are_asked_with(
    ada: Person, chat: str, read: Read, question: str, good: bool
) -> None:
    read(ada, chat, "Pea soup: soak the peas overnight. Cook with a bay leaf for 90 minutes.")
    assert search(ada, chat, question)["good"] is good


@pytest.mark.parametrize("question", ["What is the capital of Mongolia?", "Who is it?", "?!"])
def test_what_is_not_in_the_documents_is_not_good(
    ada: Person, chat: str, read: Read, question: str
) -> None:
    read(ada, chat, *TEXTS, "The capital of the firm is 50,000 euros.")
    assert not search(ada, chat, question)["good"]


INVOICE = """Invoice 2024-117
From: Brightwater Plumbing Ltd
Total: 386.40 EUR
Due date: 28 May 2024
Please transfer the amount to the account given below. Replacing the tap took two hours."""


@pytest.mark.parametrize(
    ("question", "good"),
    [
        ("When is the invoice due?", True),
        ("Who is the plumbing invoice from?", True),
        ("When is the reminder due?", False),
    ],
)
def test_the_title_of_a_document_is_what_the_lines_of_a_form_are_about(
    ada: Person, chat: str, read: Read, question: str, good: bool
) -> None:
    read(ada, chat, INVOICE, *TEXTS)
    assert search(ada, chat, question)["good"] is good


SCATTERED = """A teacher founded the museum. Nobody knows why.
It is heated with gas. That is cheap. The shop is in the old kitchen. It closes at five.
Bags are left outside."""


@pytest.mark.parametrize(
    ("question", "good"),
    [
        ("Who founded the museum?", True),
        ("When does the shop close?", True),  # in two sentences
        ("Which teacher left cheap bags in the museum kitchen?", False),  # in many
    ],
)
def test_what_is_good_is_in_one_place(
    ada: Person, chat: str, read: Read, question: str, good: bool
) -> None:
    read(ada, chat, SCATTERED, *TEXTS)
    found = search(ada, chat, question)
    assert (found["passages"][0]["text"], found["good"]) == (SCATTERED, good)


@pytest.mark.parametrize(
    ("line", "are_cells"),
    [
        ("P0 Ek,Role 0,100,P1 Berg", True),
        ("January,1204,9310", True),
        ('"Berg, Ada",cook,12', True),
        ("Zwischen 1,5 und 2,5 Meter", False),
        ("Berg, Ek, Otto", False),
        ("1," * 100_000, False),
    ],
)
def test_cells_are_between_commas_but_not_in_numbers_or_sentences(
    line: str, are_cells: bool
) -> None:
    assert has_cells(line) is are_cells


def test_a_line_of_a_form_is_no_header_of_the_lines_below_it() -> None:
    rows = "Date of birth: 4 May 1988\nPhone: 030 1234"
    assert [*read_rows(f"Landlord: Karl Meier\n{rows}")] == rows.split("\n")


def test_a_heading_is_no_part_of_the_sentence_below_it(ada: Person, chat: str, read: Read) -> None:
    """A PDF has no empty line between them, only a line that ends early."""
    below = "Visitors pay for gas and for the lamps that they carry along the dark stairs."
    question = "Which tower has gas and whales?"
    read(ada, chat, f"The salt tower\n{below}", *TEXTS)
    assert not search(ada, chat, question)["good"]
    read(ada, chat, f"The salt tower: {below}")
    assert search(ada, chat, question)["good"]


VISITORS = """The clock museum was open on 78 days. It has a new director, Ingrid Vasko.
Month Visitors Income (EUR)
January 1,204 9,310
February 1,377 10,655"""
TEAS = """| Day | Tea | Cake |
|---|---|---|
| Monday | mint | lemon |
| Friday | black | plum |"""


@pytest.mark.parametrize(
    ("question", "good"),
    [
        ("How many visitors did the museum have in February?", True),
        ("How many visitors did the museum have in October?", False),
        ("Which cake is there on Friday?", True),
        ("Which bread is there on Friday?", False),
    ],
)
def test_a_table_s_row_has_the_words_of_its_header(
    ada: Person, chat: str, read: Read, question: str, good: bool
) -> None:
    read(ada, chat, VISITORS, TEAS, *TEXTS)
    assert search(ada, chat, question)["good"] is good


# As it is read from a picture, with empty lines anywhere.
BAKERY = """BAKERY HOURS

Monday closed

Tuesday to Friday 6:30 - 18:00
Saturday 7:00 - 13:00

Sunday 8:00 - 11:00"""


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *((BAKERY, day) for day in ("Saturday", "Sunday")),
        ("BAKERY HOURS\n\nSaturday 7:00 - 13:00", "Saturday"),
    ],
)
def test_a_table_s_row_has_the_words_of_the_heading_above_an_empty_line(
    ada: Person, chat: str, read: Read, text: str, day: str
) -> None:
    read(ada, chat, text, *TEXTS)
    assert search(ada, chat, f"When is the bakery open on {day}?")["good"]
    assert not search(ada, chat, f"When is the butcher open on {day}?")["good"]


HEADER = "Month Visitors Income (EUR)"
LATER = "March 2,018 15,920\nApril 1,950 14,705"  # another passage of the same table


def test_a_row_has_the_words_of_a_header_in_the_passage_before(
    ada: Person, chat: str, read: Read
) -> None:
    read(ada, chat, [VISITORS, LATER], *TEXTS)
    found = search(ada, chat, "How many visitors were there in April?")
    assert (found["good"], found["passages"][0]["text"]) == (True, LATER)


@pytest.mark.parametrize(
    ("page", "passage", "header"),
    [
        (f"{VISITORS}\n{LATER}", LATER, HEADER),
        (f"{VISITORS}\n{LATER}", VISITORS[VISITORS.index("January") :], HEADER),
        (f"{VISITORS}\n{LATER}", VISITORS[VISITORS.index(HEADER) :], ""),
        (f"{VISITORS}\n{LATER}\nIt closed in May.", "It closed", ""),
        (f"Hours\n{TEAS}", "| Friday |", "| Day | Tea | Cake |"),
        (f"Hours\n{TEAS}", TEAS, ""),
        (f"{HEADER * 10}\n{LATER}", LATER, ""),
        (f"They are many.\n{LATER}", "April", ""),
    ],
)
def test_a_header_is_told_of_what_begins_below_it(page: str, passage: str, header: str) -> None:
    assert find_header(page, page.index(passage)) == header


PROSE = "It has a new director, Ingrid Vasko."


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Prices\nTea €3\nLarge cake 4 EUR", ["Prices Tea €3", "Prices Large cake 4 EUR"]),
        (f"{PROSE}\nTea €3\nLarge cake 4 EUR", ["Tea €3", "Large cake 4 EUR"]),
        ("Opening hours\nMonday 9–17\nuntil Friday\nsunday 9\nand 10", []),
        ("It cost 9.\nIt was sold in 1999.", []),
        ("Hours\n\nClosed today\n\nFri 9\n\nSat 10", ["Hours Fri 9", "Hours Sat 10"]),
        ("Hours\n\nSat 10", ["Hours Sat 10"]),
        ("Sun 9\n\nSat 10", ["Sun 9", "Sat 10"]),
        ("Bill 17\n\nFor: Ott\nTap\nTotal: 9 EUR", ["Bill 17 Total: 9 EUR"]),
        ("On Saturday\nSat 10", []),
        ("Hours\n\nThe bakery is open on 10\nof 12 days.", []),
    ],
)
def test_a_table_is_two_lines_that_end_with_numbers(text: str, rows: list[str]) -> None:
    assert [*read_rows(text)] == rows


@pytest.mark.parametrize(
    ("question", "good"),
    [
        ("Where is the caretaker's cellar?", True),
        ("And the otter?", False),
        ("What is it, and who is it?", True),
    ],
)
def test_a_follow_up_is_judged_by_its_own_words_if_it_has_some(
    ada: Person, chat: str, read: Read, question: str, good: bool
) -> None:
    read(ada, chat, *TEXTS)
    before = "Does the lease end in March, and may it be extended?"
    assert ask(ada, chat, question, before=before)["good"] is good


def test_sentences_are_neighbours_whatever_blanks_are_between_them() -> None:
    places = [*describe_places("Eins。 \n\nTwo")]
    assert [(place["words"], place["counts"]) for place in places] == [
        (["eins"], 1),
        (["two"], 1),
        (["eins", "two"], PAIR),
    ]


@pytest.mark.parametrize(
    "before",
    ["When is rubbish collected?", "Wann wird der Müll abgeholt?", "How much is the rent?"],
)
def test_a_question_with_words_of_its_own_is_judged_whatever_was_asked_before(
    ada: Person, chat: str, read: Read, before: str
) -> None:
    rules = "Bicycles belong in the yard, not in the stairwell. Rubbish is collected on Tuesdays."
    read(ada, chat, rules, *TEXTS)
    assert ask(ada, chat, "Where do bicycles belong?", before=before)["good"]
    assert not ask(ada, chat, "Where do whales belong?", before=before)["good"]
