"""Which sentences of documents support those of a reply: words, numbers and names must be there;
what the model writes about sources plays no part."""

import pytest
from app.answering.align import align

from tests.chat_ui.passages import (
    AFFITTO,
    ARRIENDO,
    BAIL,
    HUUR,
    LEASE,
    MIETE,
    passage,
    sources,
    契約,
)


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
        ("30", LEASE, "It is returned"),
        ("The tenant pays a deposit [7] promptly.", LEASE, "The tenant pays"),
        ("Baking takes 30 min.", "Baking: 30 minutes in all, it takes time.", "Baking"),
        ("The deposit is 1500 euros.", LEASE, "The tenant pays"),
        ("A night costs 30 euros.", "A night costs €30.", "A night"),
        ("The tea weighs 30 grams.", "The tea weighs 30 g.", "The tea"),
        ("F28 means the gas valve.", "F28: the gas valve is stuck", "F28"),
        ("In 2019 it moved to Bern.", "It moved to Bern in 2019.", "It moved"),
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
        ("The coffee machine is 400 grams.", "Manual: Brewster 400 coffee machine"),
        ("The coffee machine is 400 grams.", "Manual: Brewster 400 coffee machine, €30"),
        ("The machine is 400 grams.", "The machine is a Brewster 400."),
        ("400 grams is the machine.", "The machine is a Brewster 400."),
        # Two words have to be there, though one of them weighs much.
        ("Zebras bark.", "Zebras sleep. Hens run. Dogs bark. Foxes bark. Seals bark. Men bark."),
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
    [
        "",
        "Sure!",
        "Ask him!",
        "Is that all?",
        "Here is what it says:",
        "# The lease",
        "Pets are not allowed?",
    ],
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


def test_a_sentence_is_not_completed_by_another_passage() -> None:
    texts = "Pets are allowed here, but not dogs.", "Cats sleep here."
    assert sources("Pets are allowed.", *texts) == [None]


def test_a_quote_s_place_is_that_on_the_page() -> None:
    page = "x" * 40 + LEASE
    (found,) = align("Pets are not allowed. [3]", [passage(LEASE, 7, start=40)])
    assert (found.page, found.start) == (7, 0)
    assert page[found.quote_start : found.quote_end] == "Pets are not allowed in the\nflat."
