"""Of a page as it was read from a PDF or a picture: its headings, its tables, and which of its line
breaks mean something."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from uuid import UUID

import pytest
from app.answering.exact import BestSentence, rank_sentences
from app.answering.lines import find_heading, find_tables, unwrap
from app.answering.sentences import cut_sentences
from app.answering.words import counts
from app.clients.types import Message, Quote, Reply
from app.views.messages import view_message
from markupsafe import Markup

from tests.chat_ui.passages import passage, sources

LEASE = """Lease Agreement
1. Parties
This lease is made between Harriet Lindqvist (the landlord) and Tomasz Okafor
(the tenant) for the flat at 14 Quarry Lane, Bristol.
8. Keys
The tenant receives three front door keys and one cellar key. A lost key is replaced by
the landlord.
9. Smoking
It is permitted on the balcony only. The tenant keeps the balcony
clean.
How long may guests stay?
Two weeks."""
MUSEUM = """Quarterly Report of the Clock Museum
The museum was open on 78 days in the first quarter. The new director, Ingrid Vasko, started on 12
January. The best month was March, with 2,018 visitors.
Month Visitors Income (EUR)
January 1,204 9,310
February 1,377 10,655
March 2,018 15,920"""
REPAIRS = """The astronomical clock was out of order for nine days in February because a gear
was broken. The museum has a workshop."""
MARKDOWN = """## Opening hours

| Day | Hours | Note |
|---|---|---|
| Monday | 9–17 | quiet |
| Friday | 9–21 | music |

Closed in May."""
RECEIPT = """CAFE ZEPHYR

2 Cappuccino    7.60 EUR
1 Lemon cake    4.20 EUR

TOTAL          11.80"""
INFO = """Check-out: 11:00
Parking behind the house, 12 euros
Please leave the key on the table by the door when you go, and close the windows."""
BAKERY = """BAKERY HOURS

Monday closed

Tuesday to Friday 6:30 - 18:00
Saturday 7:00 - 13:00

Sunday 8:00 - 11:00"""
MACHINE = """Manual: Brewster 400 coffee machine
The machine draws 1450 watts and weighs 7.2 kg.
Descale the machine every 60 days with citric acid.
The guarantee lasts 3 years."""
WAGES = """Staff handbook
Employees have 27 days of holiday.
Position Hourly wage
Gardener 19.75 euros
Cook 21.50 euros
Anyone who is ill telephones the shift leader."""
SCAN = """The chairwoman, Odette Marchetti, welcomed
thirty-one members. The annual fee rises from
45 to 52 pounds on 1 January 2025."""


async def find(question: str, *texts: str) -> str:
    span = await BestSentence().find(question, [passage(text) for text in texts])
    assert span
    return span.text.replace("\n", " ")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "How many keys does the tenant receive?",
            "The tenant receives three front door keys and one cellar key.",
        ),
        ("Keys?", "The tenant receives three front door keys and one cellar key."),
        ("Is smoking permitted?", "It is permitted on the balcony only."),
        ("What about smoking?", "It is permitted on the balcony only."),
        ("What does section 9 say?", "It is permitted on the balcony only."),
        ("How long may guests stay?", "Two weeks."),
        (
            "What is the lease agreement?",
            "This lease is made between Harriet Lindqvist (the landlord) and Tomasz Okafor (the"
            " tenant) for the flat at 14 Quarry Lane, Bristol.",
        ),
    ],
)
@pytest.mark.anyio
async def test_a_heading_is_not_the_answer_but_says_what_the_answer_is_about(
    question: str, answer: str
) -> None:
    assert await find(question, LEASE, MUSEUM) == answer
    assert await find(question, LEASE.replace("\n8.", "\n\n## 8.")) == answer


@pytest.mark.parametrize(
    ("question", "text", "begins"),
    [
        ("How much is the annual fee?", SCAN.replace("from\n", "from\n\n"), "The annual fee rises"),
        (
            "What is the fee?",
            "Dogs pay.\nOthers, too. The fee\n\nHalf of it is due now.",
            "The fee",
        ),
        (
            "What is the Kranich 5?",
            "Kranich 5: a manual\nThe motor is charged by a plug at the wall.",
            "The motor",
        ),
        ("How long is the guarantee of the coffee machine?", MACHINE, "The guarantee lasts"),
        ("When must I descale the coffee machine?", MACHINE, "Descale"),
        ("What is the hourly wage of a gardener?", WAGES, "Gardener"),
        ("How old are pets?", "4. Pets\nSmall and quiet ones may be kept in it.", "Small"),
        ("The fee?", "The fee\nHe said: “You pay nothing at all for the keys.”", "He said"),
        ("How many keys are here?", "Keys are here. Three keys are here.", "Three"),
        ("Where is the sauna?", "Sauna in the cellar\n\nGarden", "Sauna"),
    ],
)
@pytest.mark.anyio
async def test_a_line_is_a_heading_only_above_sentences(
    question: str, text: str, begins: str
) -> None:
    assert (await find(question, text, "The sauna was built by nobody.")).startswith(begins)


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
        ("Prices\n| Tea | 3 |\n| Cake | 4 |", "| Tea | 3 |", ["| Cake | 4 |"]),
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
    ],
)
def test_prose_and_a_single_line_are_no_table(text: str) -> None:
    assert [*find_tables(text)] == []


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("The prices\n\nTea 3", "The prices"),
        ("The prices\nTea 3", ""),
        ("The prices", ""),
        ("of the prices\n\nTea 3", ""),
        ("Tea 3\n\nCake 4", ""),
    ],
)
def test_the_heading_of_a_passage_stands_alone(text: str, heading: str) -> None:
    assert find_heading(text) == heading


FULL = "The annual fee rises from the beginning of the next year on"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (f"{FULL}\n\nto 40 euros.", [f"{FULL}\n\nto 40 euros."]),
        (f"{FULL}\n\nHalf is due.", [FULL, "Half is due."]),
        (f"{FULL}\n\n- half is due.", [FULL, "- half is due."]),
        (f"The fee\n\nhalf is due. {FULL}", ["The fee", "half is due.", FULL]),
        (f"{FULL}\n\n", [FULL]),
    ],
)
def test_a_sentence_goes_on_below_an_empty_line_where_its_line_is_full(
    text: str, cut: list[str]
) -> None:
    assert [sentence.text for sentence in cut_sentences(text)] == cut


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (
            "Er zahlt sie. Sie beträgt drei\nMonatsmieten und wird verzinst zurückgezahlt.",
            ["Er zahlt sie.", "Sie beträgt drei\nMonatsmieten und wird verzinst zurückgezahlt."],
        ),
        (
            "Lease\n1. The parties and their names\nHarriet lets the flat.",
            ["Lease", "1. The parties and their names\nHarriet lets the flat."],
        ),
        (
            f"Lease\n1. The parties and their names\nHarriet lets it.\n{'A wide line ' * 8}",
            ["Lease", "1. The parties and their names", "Harriet lets it."],
        ),
    ],
)
def test_a_heading_is_a_line_that_ends_early(text: str, cut: list[str]) -> None:
    assert [sentence.text for sentence in cut_sentences(text)][: len(cut)] == cut


@pytest.mark.parametrize(
    "text",
    ["A lost key costs £18. The oven is cleaned.", "We open at 9:00. Ask.", "Je 4,60. Ohne Tee."],
)
def test_a_price_or_a_time_may_end_a_sentence(text: str) -> None:
    assert len([*cut_sentences(text)]) == 2
    assert len([*cut_sentences(text.replace("£", "").replace(":00", "").replace("4,", ""))]) == 1


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
        ("It rises from\n\n45 to 52 pounds.", False, "It rises from  45 to 52 pounds."),
    ],
)
def test_line_breaks_stay_where_they_mean_something(
    text: str, is_passage: bool, shown: str | None
) -> None:
    assert unwrap(text, is_passage=is_passage) == (shown or text.replace("\n", " "))


@pytest.mark.parametrize(
    ("word", "is_number"),
    [
        *((word, True) for word in ("three", "dreissig", "vierundzwanzig", "tweeenveertig")),
        *((word, True) for word in ("veintiuno", "ventuno", "trentadue")),
        *((word, False) for word in ("one", "due", "einzig", "ventilation", "three2")),
    ],
)
def test_numbers_may_be_in_letters(word: str, is_number: bool) -> None:
    assert counts(word) is is_number


WORDS = "8. Keys are\nhanded <over> *now*."


def view(text: str, end: int | None) -> tuple[str, str]:
    """A reply of these words and its quote, which is of them or only near, as they are shown."""
    quote = Quote(
        start=end and 0, end=end, document_id=UUID(int=3), document="d", page=1,
        quote_start=0, quote_end=len(text), text=text,
    )  # fmt: skip
    reply = Reply(id=UUID(int=1), state="complete", mode="exact", found=True, quotes=[quote])
    message = Message(
        id=UUID(int=1), chat_id=UUID(int=2), parent_id=None, seq=1, role="assistant", content=text,
        created_at=datetime.now(UTC), reply=reply,
    )  # fmt: skip
    (source,) = view_message(message).sources.all
    return view_message(message).show(lambda source: Markup("<i>1</i>")), source.words


def test_exact_words_are_shown_as_they_are_but_in_lines_that_fit() -> None:
    words = "8. Keys are handed &lt;over&gt; *now*."
    shown = (f'<p dir="auto">{words} <i>1</i></p>', "8. Keys are handed <over> *now*.")
    assert view(WORDS, len(WORDS)) == shown
    table = MUSEUM[MUSEUM.index("February") :]
    html, quoted = view(table, len(table))
    assert "10,655<br>March" in html
    assert quoted == table
    assert view(LEASE, None)[1].startswith(
        "Lease Agreement\n1. Parties\nThis lease is made between"
    )
    assert view(LEASE, len(LEASE))[1].startswith("Lease Agreement 1. Parties This lease")
    assert view(BAKERY, None)[1] == BAKERY.replace("\n\n", "\n")
