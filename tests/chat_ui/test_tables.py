"""Rows of tables and of forms: which lines are some, and which of them is the answer."""

import json
import os
import subprocess
import sys

import pytest
from app.answering.candidates import list_candidates
from app.answering.exact import BestSentence, rank_sentences
from app.answering.lines import SEPARATED, find_heading, find_tables

from tests.chat_ui.layouts import (
    BAKERY,
    INFO,
    LEASE,
    MARKDOWN,
    MUSEUM,
    RECEIPT,
    REPAIRS,
    SCAN,
    WAGES,
    find,
)
from tests.chat_ui.passages import passage, sources


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many visitors did the museum have in February?", "February 1,377 10,655"),
        ("What was the income in January?", "January 1,204 9,310"),
        ("What was the best month?", "The best month was March, with 2,018 visitors."),
        ("What are the hours on Friday?", "| Friday | 9–21 | music |"),
        ("How much is the lemon cake?", "1 Lemon cake    4.20 EUR"),
        ("What is the total?", "TOTAL          11.80"),
        ("When is check-out?", "Check-out: 11:00"),
        ("How much is parking?", "Parking behind the house, 12 euros"),
        ("When is the bakery open on Saturday?", "Saturday 7:00 - 13:00"),
        ("When is the bakery open on Sunday?", "Sunday 8:00 - 11:00"),
        ("When is the bakery open on Monday?", "Monday closed"),
    ],
)
@pytest.mark.anyio
async def test_a_row_of_a_table_or_a_form_may_be_the_answer(question: str, answer: str) -> None:
    assert await find(question, MUSEUM, REPAIRS, MARKDOWN, RECEIPT, INFO, BAKERY) == answer


PEOPLE = "name,born,city,phone\nAda Berg,1972,Lund,040-9684\nBo Ek,1946,Turku,040"
PUMP = """The pump was replaced by Ekberg & Co for 2,190 euros. Its guarantee runs until 14
October 2029."""
READ_ROWS = """
import json, sys
from app.passages.judge import read_rows
print(json.dumps([[*read_rows(text)] for text in json.load(sys.stdin)]))
"""


def test_what_is_a_row_is_judged_alike_where_passages_are_found_and_where_they_are_quoted() -> None:
    texts = [
        LEASE,
        MUSEUM,
        REPAIRS,
        MARKDOWN,
        RECEIPT,
        INFO,
        BAKERY,
        WAGES,
        SCAN,
        "It is 5.\nTea 3\nCake 4",
        *("", "Prices", "Tea 3", "1999\n2001", "5 EUR\n6 EUR", "\nTea 3\nCake 4", "- Tea 3\nor 4"),
        *(f"{first}\n\nTea 3\nCake 4" for first in ("Prices", "of prices", "So it is.", "Milk 2")),
        "Prices\n\nDrinks\nTea 3\nMilk 2\n\nFood\n\nCake 4\nPie 5",
        *("Prices\n| Tea | 3 |\n| Cake | 4 |", "Prices\n\nWith milk.\nTea 3"),
        *(PEOPLE, f"Staff\n{PEOPLE}", f"Chapter 7\n{PUMP}", "Ada\t1972\nBo\t1946"),
    ]
    judged = subprocess.run(
        [sys.executable, "-c", READ_ROWS],
        input=json.dumps(texts), env=os.environ | {"PYTHONPATH": "db-api"},
        stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    for text, rows in zip(texts, json.loads(judged.stdout), strict=True):
        heading = find_heading(text)
        assert rows == [
            " ".join(filter(None, dict.fromkeys((heading, table.header, text[start:end]))))
            for table in find_tables(text)
            for start, end in table.rows
        ]


@pytest.mark.parametrize(
    ("header", "text", "question", "answer"),
    [
        ("Month Visitors", "April 1,950\nMay 97", "How many visitors in April?", "April 1,950"),
        ("|Day|Hours|", "|Sunday|10–14|\n|Monday|9–17|", "Hours on Sunday?", "|Sunday|10–14|"),
    ],
)
def test_a_row_may_be_the_answer_where_its_header_is_in_the_passage_before(
    header: str, text: str, question: str, answer: str
) -> None:
    rows = passage(text).model_copy(update={"header": header})
    others = passage("All visitors like April. On Sunday it is full.")
    (best, *_) = rank_sentences(question, [others, rows])
    assert best.text == answer


def test_a_row_says_what_its_heading_and_its_header_say() -> None:
    text = "Bakery\n\nThings Prices\nTea 3\nCake 4\n\nIt is closed."
    found = {each.sentence.text: each for each in list_candidates(passage(text), 0)}
    assert found["Tea 3"].above == {"things", "prices"}
    assert found["Tea 3"].title == {"bakery"}
    assert found["Tea 3"].counts == 1
    assert found["It is closed."].above == {"bakery"}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was Ada Berg born?", "Ada Berg,1972,Lund,040-9684"),
        ("What is the phone number of Bo Ek?", "Bo Ek,1946,Turku,040"),
        (
            "Until when does the guarantee of the pump run?",
            "Its guarantee runs until 14\nOctober 2029.",
        ),
    ],
)
def test_rows_of_a_csv_file_are_answers_and_wrapped_sentences_are_no_rows(
    question: str, answer: str
) -> None:
    (best, *_) = rank_sentences(question, [passage(f"Chapter 7\n{PUMP}"), passage(PEOPLE)])
    assert best.text == answer


@pytest.mark.parametrize(
    ("line", "are_cells"),
    [
        ("P0 Ek,Role 0,100,P1 Berg", True),
        ("January,1204,9310", True),
        ('"Berg, Ada",cook,12', True),
        ('5" pipe,steel,12', True),
        ("1,204,330", False),
        ("Zwischen 1,5 und 2,5 Meter", False),
        ("It costs 1,204 or 1,300 EUR", False),
        ("Berg,Ek", False),
        ("Berg, Ek, Otto", False),
        ('"' * 100_000, False),
        ("1," * 100_000, False),
    ],
)
def test_cells_are_between_commas_but_not_in_numbers_or_sentences(
    line: str, are_cells: bool
) -> None:
    assert (SEPARATED.match(line) is not None) is are_cells


KETTLE = """# Wolfram Kettle Handbook

Boil only water.

| part | price |
|---|---|
| lid | 7 euros |
| cord | 9 euros |
"""


@pytest.mark.parametrize(
    ("question", "near", "row"),
    [
        ("What is a Wolfram kettle?", "", None),
        ("What is a Wolfram kettle?", "| cord |", "| cord | 9 euros |"),
        ("Wolfram cord?", "", "| cord | 9 euros |"),
        ("Parts of the Wolfram kettle?", "", "| lid | 7 euros |"),
        ("How much is the Wolfram kettle?", "", "| lid | 7 euros |"),
    ],
)
@pytest.mark.anyio
async def test_a_row_is_no_answer_to_a_question_about_the_title_only(
    question: str, near: str, row: str | None
) -> None:
    """But where it means what is asked, or has the number that is asked for."""
    start = KETTLE.index(near)
    meant = {"sentence_start": start, "sentence_end": start + len(near)} if near else {}
    span = await BestSentence().find(question, [passage(KETTLE).model_copy(update=meant)])
    assert (span and span.text) == row


STAFF = "Name,Department,Phone\nMaria Lopez,Sales,555-0101\nAisha Khan,Engineering,555-0103"


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("What is Bjørn Dahl's phone number?", None),
        ("What is Aisha's phone number?", "Aisha Khan,Engineering,555-0103"),
        ("Extension of aisha?", "Aisha Khan,Engineering,555-0103"),
        ("Phone number?", "Maria Lopez,Sales,555-0101"),
    ],
)
@pytest.mark.anyio
async def test_a_row_is_no_answer_about_a_name_that_it_does_not_have(
    question: str, row: str | None
) -> None:
    span = await BestSentence().find(question, [passage(STAFF)])
    assert (span and span.text) == row


def test_the_source_of_a_row_is_its_table() -> None:
    (row, *_) = rank_sentences("How many visitors in February?", [passage(MUSEUM)])
    quote = row.quote()
    assert MUSEUM[quote.quote_start : quote.quote_end] == MUSEUM[MUSEUM.index("Month") :]


def test_a_sentence_about_two_rows_is_supported_by_the_table() -> None:
    said = "In January the museum had 1,204 visitors, in March 2,018 visitors."
    (found,) = sources(said, MUSEUM)
    assert found
    assert found.startswith("Month Visitors Income")


@pytest.mark.parametrize(
    ("text", "header", "rows"),
    [
        (MUSEUM, "Month Visitors Income (EUR)", ["January 1,204 9,310", "February 1,377 10,655"]),
        (MARKDOWN, "| Day | Hours | Note |", ["| Monday | 9–17 | quiet |"]),
        (BAKERY, "", ["Tuesday to Friday 6:30 - 18:00", "Saturday 7:00 - 13:00"]),
        (RECEIPT, "", ["2 Cappuccino    7.60 EUR", "1 Lemon cake    4.20 EUR"]),
        ("It was\nopened in 1999\nClosed 2001\n Sold €9", "", ["Closed 2001", "Sold €9"]),
        ("These are prices.\nTea 3\nCake 4", "", ["Tea 3", "Cake 4"]),
        ("\nTea 3\nCake 4", "", ["Tea 3", "Cake 4"]),
        ("Tea 3 \nCake 4 ", "", ["Tea 3", "Cake 4"]),
        ("Tea 12%\nCake (4)", "", ["Tea 12%", "Cake (4)"]),
        ("Tea 3 €\nCake 4 €", "", ["Tea 3 €", "Cake 4 €"]),
        ("Prices in euros \nTea 3\nCake 4", "Prices in euros", ["Tea 3", "Cake 4"]),
        ("  Prices\nTea 3\nCake 4", "Prices", ["Tea 3", "Cake 4"]),
        ("  | Tea | hot |\n  | Cake | cold |", "| Tea | hot |", ["| Cake | cold |"]),
        *((f"Prices{mark} \nTea 3\nCake 4", "", ["Tea 3"]) for mark in ".!?;,。！？"),
        ("Prices\n| Tea | 3 |\n| Cake | 4 |", "| Tea | 3 |", ["| Cake | 4 |"]),
        (PEOPLE, "name,born,city,phone", ["Ada Berg,1972,Lund,040-9684", "Bo Ek,1946,Turku,040"]),
        ("Staff\n" + PEOPLE, "name,born,city,phone", ["Ada Berg,1972,Lund,040-9684"]),
        ("name;born;of\nAda;1972;x\nBo;1946;y", "name;born;of", ["Ada;1972;x", "Bo;1946;y"]),
        ("Ada\t1972\nBo\t1946", "", ["Ada\t1972", "Bo\t1946"]),
        ("a,b,c\nd,e,f", "", ["a,b,c", "d,e,f"]),
    ],
)
def test_a_table_is_its_rows_and_the_line_above_them(
    text: str, header: str, rows: list[str]
) -> None:
    (table,) = find_tables(text)
    assert table.header == header
    assert [text[start:end] for start, end in table.rows][: len(rows)] == rows
    assert text[table.start : table.end].startswith(header or rows[0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tea 3",
        "It was built in 1999.\nIt was sold in 2001.",
        "|---|\n|   |",
        "open at 9\nor 10",
        "1999\n2001",
        "5 EUR\n6 EUR",
        "Tea 3 teaspoons\nMilk 4 teaspoons",
        "It is 3 !\nIt was 4 !",
        *(f"{title}\n{PUMP}" for title in ("5. Plumbing in 2023", "Chapter 7", "Insurance 2022")),
        "They came,saw and won.\nThey left, as one does, at 9 o'clock.",
        "It costs 1,204,000 or so\nand it was 1,100,000 before.",
    ],
)
def test_prose_and_a_single_line_are_no_table(text: str) -> None:
    assert [*find_tables(text)] == []
