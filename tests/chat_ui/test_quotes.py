"""Which sentences of documents support those of a reply, and where that is shown: words, numbers
and names must be there; what the model writes about sources plays no part."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from app.answering.align import Words, align
from app.answering.exact import BestSentence, Span, find_nearest
from app.answering.sentences import Sentence, cut_markdown, cut_sentences, has, normalise_number
from app.clients.queue_types import NewQuote, Passage
from app.clients.types import Message, Quote
from app.markdown import fill_marks, place_marks, render
from app.views.messages import view_message
from app.views.quotes import Sources
from markupsafe import Markup

LEASE = """The tenant pays a deposit of EUR 1,500. It is returned within 30 days after the end of
the lease. Keys are handed over on 3 May 2025 by Ms. Anna Keller. Pets are not allowed in the
flat. Mr. Bruno Ott pays for the water."""
MIETE = """Der Mieter zahlt eine Kaution von 1.500 Euro. Am 3. Mai 2025 werden die Schlüssel von
Frau Dr. Anna Keller übergeben. Haustiere sind nicht erlaubt."""
BAIL = "Le locataire verse une caution de 1 500 euros. Le contrat prend fin le 31 décembre 2026."
ARRIENDO = "El inquilino paga una fianza de 1.500 euros. No se admiten animales en el piso."
AFFITTO = "L'inquilino versa una cauzione di 1.500 euro. Il contratto termina il 31 marzo 2027."
HUUR = "De huurder betaalt een borg van 1.500 euro. Huisdieren zijn niet toegestaan."
契約 = "契約は2026年12月31日に終了します。保証金は15万円です。"


def passage(text: str, page: int = 1, start: int = 0) -> Passage:
    return Passage(
        document_id=UUID(int=1),
        document="d",
        page=page,
        start=start,
        end=start + len(text),
        text=text,
    )


def sources(reply: str, *texts: str) -> list[str | None]:
    """What each sentence of the reply is supported by."""
    quotes = align(reply, [passage(text, number) for number, text in enumerate(texts)])
    return [
        None if q.page is None else texts[q.page][q.quote_start : q.quote_end].replace("\n", " ")
        for q in quotes
    ]


@pytest.mark.parametrize(
    ("said", "text", "begins"),
    [
        ("The deposit is €1500.", LEASE, "The tenant pays"),
        ("**The deposit** is returned within 30 days.", LEASE, "It is returned"),
        ("Anna Keller hands over the keys on 3 May 2025.", LEASE, "Keys are"),
        ("Pets are not allowed.", LEASE, "Pets are not"),
        ("Die Kaution beträgt 1500 Euro.", MIETE, "Der Mieter"),
        ("Die Schlüssel werden am 3. Mai 2025 übergeben.", MIETE, "Am 3. Mai"),
        ("La caution est de 1500 euros.", BAIL, "Le locataire"),
        ("Le contrat se termine le 31 décembre 2026.", BAIL, "Le contrat"),
        ("La fianza es de 1500 euros.", ARRIENDO, "El inquilino"),
        ("La cauzione è di 1500 euro.", AFFITTO, "L'inquilino"),
        ("De borg is 1500 euro.", HUUR, "De huurder"),
        ("契約は2026年12月31日に終了します。", 契約, "契約"),
        ("1500", LEASE, "The tenant pays"),
    ],
)
def test_a_sentence_is_supported_by_the_one_that_says_the_same(
    said: str, text: str, begins: str
) -> None:
    (found,) = sources(said, "Another page about cats.", text)
    assert found
    assert found.startswith(begins)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("The deposit is EUR 1,600.", LEASE),  # another number
        ("The tenant pays a deposit of EUR 1,500 and 20 more.", LEASE),
        ("Bruno Ott hands over the keys on 3 May 2025.", LEASE),  # another name, which is there
        ("Zoe Keller hands over the keys on 3 May 2025.", LEASE),  # and one that is not
        ("Keys are handed over on 3 May 2025 by Ms. Clara Keller.", LEASE),
        ("Pets are allowed in the flat.", LEASE),
        ("The tenant does not pay a deposit of EUR 1,500.", LEASE),
        ("The landlord repairs the heating.", LEASE),
        ("Haustiere sind erlaubt.", MIETE),
        ("Die Kaution beträgt 700 Euro.", MIETE),
        ("Les animaux sont autorisés.", BAIL),
        ("Se admiten animales en el piso.", ARRIENDO),
        ("Il contratto termina il 31 marzo 2028.", AFFITTO),
        ("Huisdieren zijn toegestaan.", HUUR),
        ("保証金は20万円です。", 契約),
        ("The tenant pays a deposit of EUR 1,500.", ""),
    ],
)
def test_a_sentence_that_says_something_else_has_no_source(said: str, text: str) -> None:
    assert sources(said, text) == [None]


@pytest.mark.parametrize(
    "said",
    ["", "Sure!", "Is that all?", "Here is what it says:", "# The lease", "Pets are not allowed?"],
)
def test_what_states_nothing_is_not_asked_for_its_source(said: str) -> None:
    assert sources(said, LEASE) == []


def test_of_equal_sources_the_first_one_counts() -> None:
    text = "The tenant pays a deposit. The tenant pays a deposit at once."
    assert sources("The tenant pays a deposit.", text) == ["The tenant pays a deposit."]


def test_two_sentences_in_one_are_supported_by_both_together() -> None:
    said = "The tenant pays a deposit of EUR 1,500, returned within 30 days after the lease ends."
    (found,) = sources(said, LEASE)
    assert found == (
        "The tenant pays a deposit of EUR 1,500."
        " It is returned within 30 days after the end of the lease."
    )


def test_a_quote_s_place_is_that_on_the_page() -> None:
    page = "x" * 40 + LEASE
    (found,) = align("Pets are not allowed. [3]", [passage(LEASE, 7, start=40)])
    assert (found.page, found.start) == (7, 0)
    assert page[found.quote_start : found.quote_end] == "Pets are not allowed in the\nflat."


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


BOILER = """Error codes
F28 means that the gas valve did not open.
F75 means that the pressure of the water is
Too Low. Pets
Cats are allowed without asking."""


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
    ],
)
def test_a_number_is_the_same_however_its_digits_are_grouped(same: str, number: str) -> None:
    assert {normalise_number(written) for written in same.split()} == {number}
    assert Sentence(0, 5, "1 500").numbers == {"1500"}


@pytest.mark.parametrize(
    ("word", "other", "same"),
    [
        ("contracts", "contract", True),
        ("cats", "cat", True),
        ("cat", "cats", True),
        ("cart", "cat", False),
        ("ins", "in", False),
        ("mother", "bother", False),
        ("inter", "international", False),
        ("123456", "123457", False),
    ],
)
def test_forms_of_a_word_begin_alike(word: str, other: str, same: bool) -> None:
    assert has(frozenset([other]), word) is same


def test_a_small_word_says_little_but_a_number_or_a_sign_that_is_a_word() -> None:
    words = Words([Sentence(0, 1, "x")])
    assert words.weigh("7") == words.weigh("界") > words.weigh("of")


def test_names_are_words_with_a_capital_but_for_those_that_begin_many_sentences() -> None:
    said = "If Zoë pays", "Zoë pays", "nobody pays Zoë", "A. B. pays"
    assert [Sentence(0, 1, text).names for text in said] == [{"zoe"}] * 3 + [set()]


@pytest.mark.parametrize(
    ("question", "text", "begins"),
    [
        ("How many keys are here?", "Keys are here. 3 keys are here.", "3 keys"),
        ("When was it built?", "It was built here. It was built in 1999.", "It was built in"),
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
    assert span.text in text


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


def test_the_source_of_exact_words_is_the_sentence_around_them() -> None:
    start = LEASE.index("30 days")
    quote = Span(passage(LEASE), start, start + len("30 days")).quote()
    assert LEASE[quote.quote_start : quote.quote_end] == (
        "It is returned within 30 days after the end of\nthe lease."
    )


def test_the_nearest_passages_are_at_most_three_and_of_long_ones_the_sentence() -> None:
    long = f"{LEASE} {'Nothing else is written here. ' * 30}"
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
async def test_without_passages_there_is_no_best_sentence() -> None:
    assert await BestSentence().find("Why?", []) is None


def mark(number: int) -> Markup:
    return Markup(f"<i>{number}</i>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One.| Two.|", "<p>One. <i>0</i> Two. <i>1</i></p>"),
        ("**One.**|\n\n- Two.|", "<strong>One.</strong> <i>0</i></p>"),
        ("See [One.| Two.](https://a.b)", "One.  Two.</a><i>0</i></p>"),
        ('See [it](https://a.b "One.| Two.")', 'title="One.  Two."'),
        ("`One.| Two`", "<code>One.  Two</code><i>0</i>"),
        ("| a |\n|---|\n| One.| |", "One. <i>0</i></td>"),
        ("at https://a.b/c.| Two", "/c</a>. <i>0</i> Two"),
        ("\ue0105\ue011One.|", "\ufffd5\ue011One. <i>0</i></p>"),
    ],
)
def test_marks_are_shown_behind_their_sentences_and_never_within_a_link(
    text: str, shown: str
) -> None:
    pieces = text.split("|") if "---" not in text else ["| a |\n|---|\n| One.", " |"]
    places = [sum(map(len, pieces[: n + 1])) for n in range(len(pieces) - 1)]
    html = fill_marks(render(place_marks("".join(pieces), places)), mark)
    assert shown in html.replace(' dir="auto"', "").replace("\n", "")


def test_a_mark_in_what_a_person_wrote_is_none() -> None:
    forged = Message(
        id=UUID(int=1), chat_id=UUID(int=2), parent_id=None, seq=1, role="user",
        content="\ue0100\ue011", created_at=datetime.now(UTC),
    )  # fmt: skip
    assert view_message(forged).show(lambda source: mark(0)) == forged.content


def test_the_same_words_have_one_number_and_numbers_are_in_order() -> None:
    def source(end: int | None, page: int | None) -> Quote:
        place = UUID(int=1) if page else None
        return Quote(
            start=0 if end else None, end=end, document_id=place, document="d", page=page,
            quote_start=page, quote_end=page, text="x",
        )  # fmt: skip

    shown = Sources([source(1, 5), source(2, None), source(3, 4), source(4, 5), source(None, 9)])
    assert [s.quote.page for s in shown.all] == [5, 4, 9]
    numbers = [found.number if (found := shown.find(n)) else None for n in range(4)]
    assert (numbers, shown.ends, shown.some_missing) == ([1, None, 2, 1], [1, 2, 3, 4], True)
