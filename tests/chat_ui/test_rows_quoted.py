"""What is quoted of tables, lists and forms is the line that says it, not the whole of them."""

import pytest
from app.answering.exact import Span, rank_sentences
from app.answering.sentences import cut_sentences

from tests.chat_ui.passages import passage, sources

PRICES = """Drinks, our prices
Item,Price,Size
Coffee,3.20,small
Tea,2.10,large
Water,1.00,large
Milk,1.10,small
Cocoa,2.40,large
Juice,2.80,small
Soda,1.90,small"""
HOUSE = "Flats\n\n" + "\n".join(
    f"Flat {number} belongs to {name} Meier, who lives there"
    for number, name in enumerate(("Anna", "Bruno", "Clara", "Dora"), 1)
)
STAFF = """name,city,birthday,manager
Anna Berg,Oslo,1990-02-11,Mei Tanaka
Carlos Ruiz,Lima,1985-07-30,Anna Berg
Mei Tanaka,Osaka,1979-12-01,"""
BARS = "| " + STAFF.replace(",", " | ").replace("\n", " |\n| ") + " |"
FORM = """Rent: 1,140 EUR
Deposit: two rents
The previous rent was 990 EUR.
Landlord: Ms Ott
Notice: three months"""


@pytest.mark.parametrize(
    ("said", "text", "quoted"),
    [
        ("Coffee has a price of 3.20.", PRICES, "Coffee,3.20,small"),
        ("Tea has a price of 3.20.", PRICES, None),
        ("Tea has a price of 3.20.", PRICES[: PRICES.index("Water")], None),
        ("Coffee is 3.20, water 1.00.", PRICES, PRICES[PRICES.index("Item") :].replace("\n", " ")),
        ("Flat 2 belongs to Bruno.", HOUSE, "Flat 2 belongs to Bruno Meier, who lives there"),
        ("Flat 4 belongs to Anna.", HOUSE, None),
    ],
)
def test_a_sentence_is_supported_by_its_row(said: str, text: str, quoted: str | None) -> None:
    assert sources(said, text) == [quoted]


def test_words_of_the_first_row_are_quoted_by_themselves() -> None:
    start = PRICES.index("Price,Size")
    quote = Span(passage(PRICES), start, start + len("Price")).quote()
    assert PRICES[quote.quote_start : quote.quote_end] == "Price"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (HOUSE, ["Flats", *HOUSE.split("\n")[2:]]),
        ("Landlord: Ms Ott\nNotice: three months", ["Landlord: Ms Ott", "Notice: three months"]),
        ("Address: at the lake,\nbehind the mill", ["Address: at the lake,\nbehind the mill"]),
        (
            "It belongs to Anna\nMeier of Basel and\nBern and to Bruno\nOtt.",
            ["It belongs to Anna\nMeier of Basel and\nBern and to Bruno\nOtt."],
        ),
    ],
)
def test_the_lines_of_a_list_and_of_a_form_stand_alone(text: str, cut: list[str]) -> None:
    assert [sentence.text for sentence in cut_sentences(text)] == cut


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is the rent?", "Rent: 1,140 EUR"),
        ("What was the previous rent?", "The previous rent was 990 EUR."),
        ("Who is the landlord?", "Landlord: Ms Ott"),
    ],
)
def test_the_line_of_a_form_about_it_comes_first(question: str, words: str) -> None:
    """Whatever else was found before it, as the question before may have it."""
    other = passage("The deposit is three monthly rents, that is 3,420 EUR.")
    for found in ([passage(FORM), other], [other, passage(FORM)]):
        assert rank_sentences(question, found)[0].text == words


def test_a_line_of_a_form_is_no_header_of_the_lines_below_it() -> None:
    form = "Tenant: Anna Berger\nLandlord: Karl Meier\nDate of birth: 4 May 1988\nPhone: 030 1234"
    assert rank_sentences("Who is the landlord?", [passage(form)])[0].text == "Landlord: Karl Meier"


CONTACTS = """Landlord: Ada Keller
Phone: 030 1234567
Fax: 030 1234568
Caretaker: Tom Miller
Address: at the lake,
behind the mill
Phone: 030 7654321

Doctor: Eva Klein
Phone: 030 5554443"""


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is the landlord's phone number?", "Phone: 030 1234567"),
        ("What is the phone number of the caretaker?", "Phone: 030 7654321"),
        ("What is the doctor's phone number?", "Phone: 030 5554443"),
        ("Who is the caretaker?", "Caretaker: Tom Miller"),
    ],
)
def test_the_lines_above_say_whose_line_of_a_form_it_is(question: str, words: str) -> None:
    assert rank_sentences(question, [passage(CONTACTS)])[0].text == words


LEASE = """Tenancy Agreement

Landlord: Hartmut Brandner
Telephone of the landlord: 030 5550199
Start date: 1 March 2026"""
CLUB = """Membership

Landlord: none
Member: Anna Kowalczyk
Phone: +49 30 1234567
Fee: 84 EUR per year"""


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is the landlord's phone number?", "Telephone of the landlord: 030 5550199"),
        ("What is Anna Kowalczyk's telephone number?", "Phone: +49 30 1234567"),
    ],
)
def test_a_word_of_many_spellings_is_one_and_who_is_denied_has_no_number(
    question: str, words: str, order: int
) -> None:
    found = [passage(LEASE), passage(CLUB)][::order]
    assert rank_sentences(question, found)[0].text == words


INVOICE = """Invoice 2026-117

Plumber: Wagner & Sons
Customer: Olga Petrenko

Repair of the kitchen tap
Working time: 2 hours
Total: 178.50 EUR"""


@pytest.mark.parametrize(
    "text", [INVOICE, INVOICE.replace("Repair of the kitchen tap\nWorking time: 2 hours\n", "")]
)
@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How much is the invoice?", "Total: 178.50 EUR"),
        ("What is the total of the invoice?", "Total: 178.50 EUR"),
        ("What is the number of the invoice?", "Invoice 2026-117"),
        ("What does the invoice cost?", "Total: 178.50 EUR"),
    ],
)
def test_a_document_s_title_says_what_the_lines_of_a_form_are_about(
    question: str, words: str, text: str
) -> None:
    """It has a number, too, which is no sum."""
    assert rank_sentences(question, [passage(text)])[0].text == words


def test_of_a_number_the_line_has_one() -> None:
    form = passage("Hausmeister: Herr Klee\nTelefon: 089 11")
    asked = "Wie ist die Telefonnummer vom Hausmeister?"
    assert rank_sentences(asked, [form])[0].text == "Telefon: 089 11"


@pytest.mark.parametrize("question", ["When was Mei Tanaka born?", "Where does Mei Tanaka live?"])
@pytest.mark.parametrize("table", [STAFF, BARS])
def test_the_row_that_begins_with_what_is_asked_about_comes_first(
    question: str, table: str
) -> None:
    row = rank_sentences(question, [passage(table)])[0].text
    assert row.strip("| ").startswith("Mei Tanaka")
