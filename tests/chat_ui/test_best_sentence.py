"""The sentence of the passages that answers a question best, and those that are nearest to it."""

from uuid import UUID

import pytest
from app.answering.exact import LONG, BestSentence, Span, find_nearest
from app.answering.words import counts
from app.clients.queue_types import NewQuote

from tests.chat_ui.passages import AFFITTO, ARRIENDO, BAIL, BOILER, HUUR, LEASE, MIETE, passage


@pytest.mark.parametrize(
    ("question", "text", "begins"),
    [
        ("How many keys are here?", "Keys are here. 3 keys are here.", "3 keys"),
        ("When was it built?", "It was built here. It was built in 1999.", "It was built in"),
        ("What percentage is owed?", "It is owed here. It is owed by 4 %.", "It is owed by"),
        ("How late is it open?", "It is open here. It is open until 9:30.", "It is open until"),
        (
            "Which deadline is it?",
            "A deadline is it. A deadline is it, 9:30.",
            "A deadline is it, 9",
        ),
        ("Wann ist offen?", "Es ist offen. Es ist am Montag offen.", "Es ist am"),
        ("Who built it?", "It was built here. It was built by Anna.", "It was built by"),
        ("What was built?", "It was built here. It was built here by Anna.", "It was built here."),
        ("How high is the deposit?", LEASE, "The tenant pays"),
        ("When are the keys handed over?", LEASE, "Keys"),
        ("Who pays for the water?", LEASE, "Mr. Bruno Ott"),
        ("Wie hoch ist die Kaution?", MIETE, "Der Mieter"),
        ("What does the error code F75 mean?", BOILER, "F75"),
        ("What is error 75, error codes?", "Error codes: 28, error. 75.", "75"),
        ("Quand le contrat prend-il fin ?", BAIL, "Le contrat"),
        ("¿Cuánto es la fianza?", ARRIENDO, "El inquilino"),
        ("Quando termina il contratto?", AFFITTO, "Il contratto"),
        ("Hoeveel bedraagt de borg?", HUUR, "De huurder"),
    ],
)
@pytest.mark.anyio
async def test_the_best_sentence_has_what_is_asked_for(
    question: str, text: str, begins: str
) -> None:
    span = await BestSentence().find(question, [passage(text), passage("Cats sleep. Dogs run.")])
    assert span
    assert span.text.startswith(begins)


RENT = "The monthly rent is 800 EUR. It is due on the third working day of each month."
DEPOSIT = "The deposit is 2,400 EUR. It is due when the keys are handed over."
BOTH = f"Lease 2026\n§ 1 Rent\n{RENT}\n§ 2 Deposit\n{DEPOSIT}"


@pytest.mark.parametrize("text", [f"{RENT}\n{DEPOSIT}", f"{DEPOSIT}\n{RENT}", BOTH])
@pytest.mark.parametrize(
    ("before", "question"),
    [("What is the {}?", "And when is it due?"), ("Who lives here?", "When is the {} due?")],
)
@pytest.mark.anyio
async def test_a_sentence_that_refers_to_the_one_before_is_about_that(
    text: str, before: str, question: str
) -> None:
    for what, when in (("rent", "the third working day"), ("deposit", "when the keys")):
        asked, said = question.format(what), before.format(what)
        span = await BestSentence().find(asked, [passage(text)], said)
        assert span
        assert when in span.text


STOCK = """article,supplier,price,place
Chain oil,Cyclo,7.90,"Hall 2, rack 6"
Washer,Borgia & Sons,0.40,"Hall 5, rack 2"
Bell,Ringer,4.20,"Hall 1, rack 9\""""


@pytest.mark.parametrize(
    ("before", "question", "begins"),
    [
        ("", "Which article is in rack 2?", "Washer"),
        ("What does chain oil cost?", "Which article is in rack 2?", "Washer"),
        ("What is the price of the washer?", "Which articles does Cyclo supply?", "Chain oil"),
        ("What is the price of the washer?", "And where is it?", "Washer"),
    ],
)
@pytest.mark.anyio
async def test_of_rows_the_one_that_is_asked_for_is_found_whatever_was_asked_before(
    before: str, question: str, begins: str
) -> None:
    span = await BestSentence().find(question, [passage(STOCK)], before)
    assert span
    assert span.text.startswith(begins)


POOL = """# Swimming pool 2027

| Visitor | Day ticket | Season ticket |
|---|---|---|
| Adults | 6.50 EUR | 120 EUR |
| Children under 12 | 3.00 EUR | 55 EUR |"""


@pytest.mark.parametrize("text", [POOL, POOL.replace("# ", "")])
@pytest.mark.anyio
async def test_a_title_that_ends_with_a_number_is_no_row_of_the_table_below(text: str) -> None:
    span = await BestSentence().find("What is the day ticket for children?", [passage(text)])
    assert span
    assert span.text.startswith("| Children")
    assert span.text in text


GUIDE = "# Coffee machine 3000\n\nThe pump has 5 years of warranty.\n\nThe formula is $E = mc^2$."
PRICES = "Article,Colour,Price\nAnchor,red,98.09\nTelescope,black,749.00"


@pytest.mark.parametrize("formula", ["$E = mc^2$", "a sum of $ 5"])
@pytest.mark.anyio
async def test_another_question_is_not_about_the_passages_of_the_one_before(formula: str) -> None:
    found = [passage(GUIDE.replace("$E = mc^2$", formula)), passage(PRICES)]
    before = "How many years of warranty does the pump have?"
    span = await BestSentence().find("How much is the Telescope?", found, before)
    assert span
    assert span.text == "Telescope,black,749.00"


RULES = """Pets and visitors
Cats are allowed without asking. Dogs need written permission of the landlord. Visitors may stay
for two weeks."""
REGELN = "Katzen sind erlaubt. Hunde brauchen die Zustimmung des Vermieters."


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("question", "text", "begins"),
    [
        ("Are dogs allowed?", RULES, "Dogs"),
        ("Can I have a dog?", RULES, "Dogs"),
        ("Are cats allowed?", RULES, "Cats"),
        ("Are visitors allowed?", RULES, "Visitors may"),
        ("Sind Hunde erlaubt?", REGELN, "Hunde"),
        ("Sind Katzen erlaubt?", REGELN, "Katzen"),
    ],
)
async def test_the_best_sentence_is_about_what_is_asked_about(
    question: str, text: str, begins: str
) -> None:
    span = await BestSentence().find(question, [passage(text)])
    assert span
    assert span.text.startswith(begins)


@pytest.mark.parametrize("other", ["", "deposit", "water"])
@pytest.mark.anyio
async def test_the_best_sentence_may_be_the_one_that_means_what_is_asked(other: str) -> None:
    near = {
        "sentence_start": 1000 + LEASE.index("Pets"),
        "sentence_end": 1000 + LEASE.index("Mr. Bruno"),
    }
    found = passage(LEASE, start=1000).model_copy(update=near)
    question = f"Would a friendly elderly cat that constantly demands plenty {other} be welcome?"
    span = await BestSentence().find(question, [found, passage("Dogs run.")])
    assert span
    assert span.text.startswith("Pets are not allowed")


@pytest.mark.parametrize(
    ("words", "quoted"),
    [("つ。二", "一つ。二つ。"), ("二つ。", "二つ。")],
)
def test_the_source_of_exact_words_is_all_sentences_they_are_in(words: str, quoted: str) -> None:
    text = "一つ。二つ。三つ。"
    start = text.index(words)
    quote = Span(passage(text), start, start + len(words)).quote()
    assert text[quote.quote_start : quote.quote_end] == quoted


@pytest.mark.anyio
async def test_the_sentence_before_the_nearest_one_is_not_meant() -> None:
    near = passage("一つ。二つ。").model_copy(update={"sentence_start": 3, "sentence_end": 6})
    span = await BestSentence().find("Why?", [near])
    assert span
    assert span.text == "二つ。"


@pytest.mark.anyio
async def test_a_small_word_more_counts_less_than_the_search_s_order() -> None:
    found = [passage(text) for text in ("Cats, mats.", "Cats, on, mats.")]
    span = await BestSentence().find("Cats on mats?", found)
    assert span
    assert span.text == "Cats, mats."


def test_the_source_of_exact_words_is_the_sentence_around_them() -> None:
    start = LEASE.index("30 days")
    quote = Span(passage(LEASE), start, start + len("30 days")).quote()
    assert LEASE[quote.quote_start : quote.quote_end] == (
        "It is returned within 30 days after the end of\nthe lease."
    )


def test_the_nearest_passages_are_at_most_three_and_of_long_ones_the_sentence() -> None:
    long = f"{LEASE} {'Nothing else is written here. ' * 30}"
    whole = long[:LONG]
    assert find_nearest("How high is the deposit?", [passage(whole)])[0].text == whole
    found = [passage(text, n) for n, text in enumerate([RULES, long, REGELN, LEASE])]
    nearest = find_nearest("How high is the deposit?", found)
    assert [span.text for span in nearest] == [
        "The tenant pays a deposit of EUR 1,500.",
        LEASE,
        RULES,
    ]
    assert nearest[0].point() == NewQuote(
        document_id=UUID(int=1), page=1, quote_start=0, quote_end=39
    )


@pytest.mark.anyio
async def test_what_the_search_found_good_has_a_best_sentence_though_its_words_are_others() -> None:
    span = await BestSentence().find("Meows?", [passage("Cats sleep.")])
    assert span
    assert span.text == "Cats sleep."


@pytest.mark.anyio
async def test_without_passages_there_is_no_best_sentence() -> None:
    assert await BestSentence().find("Why?", []) is None


HOUSE = """Quiet hours are from 22:00 to 6:00. Rubbish is collected on Tuesdays. The tenant cleans
the stairs every second week.

The rent is due on the third working day of each month. The deposit is due in three parts, the first
one when the lease begins on 1 April."""


@pytest.mark.parametrize(
    ("before", "question", "begins"),
    [
        ("How much is the rent?", "And when is it due?", "The rent"),
        ("How much is the deposit?", "And when is it due?", "The deposit"),
        ("Who cleans the stairs?", "How often?", "The tenant"),
        ("When does the lease begin?", "And the quiet hours?", "Quiet hours"),
        ("How much is the rent?", "When does the lease begin?", "The deposit"),
        ("Who cleans the stairs?", "When is rubbish collected?", "Rubbish"),
    ],
)
@pytest.mark.anyio
async def test_a_follow_up_is_about_what_was_asked_before_and_another_question_is_not(
    before: str, question: str, begins: str
) -> None:
    span = await BestSentence().find(question, [passage("Cats sleep."), passage(HOUSE)], before)
    assert span
    assert span.text.startswith(begins)


CLUB = """1. The greenhouse is repaired in June; the budget is 640 EUR.

| Event | Date | Place |
|---|---|---|
| Plant swap | 6 June | Town square |
| Summer party | 18 July | Garden |"""


@pytest.mark.parametrize("event", ["Plant swap", "Summer party"])
@pytest.mark.anyio
async def test_a_follow_up_without_words_of_its_own_stays_with_the_row(event: str) -> None:
    before = f"When is the {event.lower()}?"
    span = await BestSentence().find("And where is it?", [passage(CLUB)], before)
    assert span
    assert event in span.text


@pytest.mark.parametrize(
    ("word", "is_number"),
    [
        *((word, True) for word in ("three", "dreissig", "vierundzwanzig", "tweeenveertig")),
        *((word, True) for word in ("veintiuno", "ventuno", "trentadue")),
        *((word, False) for word in ("one", "due", "einzig", "ventilation", "three2", "viermalig")),
    ],
)
def test_numbers_may_be_in_letters(word: str, is_number: bool) -> None:
    assert counts(word) is is_number
