"""A heading is no sentence, and says what those below it are about."""

import pytest
from app.answering.candidates import BELOW, list_candidates
from app.answering.lines import find_heading
from app.answering.sentences import cut_sentences

from tests.chat_ui.layouts import LEASE, MACHINE, MUSEUM, SCAN, WAGES, find
from tests.chat_ui.passages import passage


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
        ("Which garden rules are there?", "Garden rules 2024\n\nIt opens at 7.", "It opens"),
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
    ("text", "headings"),
    [
        ("It is so.\nKeys\nTake them.", ["Keys"]),
        ("It is so.\n  Keys\nTake them!", ["Keys"]),
        ("It is so.\n§ 8. Keys\n鍵は三つです、それらは借主が受け取ります。", ["§ 8. Keys"]),
        ("It is so.\n8.2 Keys\n鍵は三つです、それらは借主が受け取ります！", ["8.2 Keys"]),
        ("It is so.\n8 Keys\nTake them with you.", ["8 Keys"]),
        ("“How many?”\nThree of them", ["“How many?”"]),
        ("鍵は？\n三つ", ["鍵は？"]),
        ("One\nTwo\nSix\nIt is four of them, as was said.", ["Two", "Six"]),
        ("It is so.\nThe garden", []),
        ("It is so.\nKeys of 7 doors\nTake them with you, all three of them.", []),
        ("It is so.\nKeys: all of them\nTake them with you, all three of them.", []),
        ("It is so.\nKeys of the\nhouse\n\nTake them.", []),
        ("# The keys\nof the house", []),
        (
            "Kranich 5: the guide\nIt is red, with a black stripe at its side.",
            ["Kranich 5: the guide"],
        ),
        ("Guide: the Kranich: red\nIt is red, with a black stripe at its side.", []),
        ("Tea 3\nIt is red, with milk.", []),
        ("Rules of 2024\n\nIt is open, but for Mondays.", ["Rules of 2024"]),
        ("Rules of 2024 \n \nIt is open, but for Mondays.", ["Rules of 2024"]),
    ],
)
def test_what_a_heading_looks_like(text: str, headings: list[str]) -> None:
    """At least one word behind its number, which may have a point or be a paragraph's; neither a
    figure nor a colon, but in a title; and sentences below it, not far down. Or a question."""
    found = [each.sentence.text for each in list_candidates(passage(text), 0) if each.is_heading]
    assert found == headings


@pytest.mark.parametrize(("page", "start"), [(2, 0), (1, 9)])
def test_only_what_a_document_begins_with_is_its_title(page: int, start: int) -> None:
    begins = passage(
        "Kranich 5: the guide\nIt is red, with a black stripe at its side.", page, start
    )
    assert not any(each.is_heading for each in list_candidates(begins, 0))


def test_a_heading_s_words_count_half_for_those_below_it_that_have_none_of_them() -> None:
    text = "Sauna rules\n\nIt is hot. The sauna is for guests."
    _, hot, guests = list_candidates(passage(text), 0)
    assert hot.above == guests.above == {"rules"}
    assert 0 < hot.counts == BELOW < 1


@pytest.mark.anyio
async def test_who_has_a_word_itself_goes_before_who_has_it_in_its_heading() -> None:
    texts = "Keys\nThe tenant gets some.", "The landlord keeps keys."
    assert await find("What about the keys?", *texts) == "The landlord keeps keys."


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("The prices\n\nTea 3", "The prices"),
        ("\nThe prices \n \nTea 3", "The prices"),
        ("The prices\nTea 3", ""),
        ("The prices", ""),
        ("of the prices\n\nTea 3", ""),
        ("Tea 3\n\nCake 4", ""),
        ("Invoice 2026-117\n\nPlumber: Ott", "Invoice 2026-117"),
    ],
)
def test_the_heading_of_a_passage_stands_alone(text: str, heading: str) -> None:
    assert find_heading(text) == heading


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (
            "Er zahlt sie. Sie beträgt drei\nMonatsmieten und wird verzinst zurückgezahlt.",
            ["Er zahlt sie.", "Sie beträgt drei\nMonatsmieten und wird verzinst zurückgezahlt."],
        ),
        (
            "Kaution\nEr zahlt. Sie beträgt drei\nMonatsmieten und wird verzinst zurückgezahlt.",
            [
                "Kaution",
                "Er zahlt.",
                "Sie beträgt drei\nMonatsmieten und wird verzinst zurückgezahlt.",
            ],
        ),
        (
            "The keys of\nthe house are three in all, as was said here.",
            ["The keys of\nthe house are three in all, as was said here."],
        ),
        (
            "The contract is made by the\nTenant and Landlord of it here.",
            ["The contract is made by the\nTenant and Landlord of it here."],
        ),
        (
            "The keys\n  Tenants get three of them, as was said.",
            ["The keys", "Tenants get three of them, as was said."],
        ),
        (
            "Reederei\nDonaudampfschifffahrtsgesellschaft fährt.",
            ["Reederei", "Donaudampfschifffahrtsgesellschaft fährt."],
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
