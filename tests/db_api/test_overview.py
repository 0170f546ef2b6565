"""A question about a long document as a whole is answered from its beginning and parts of all the
rest."""

import pytest
from app.answering.overview import PART_BYTES, asks_for_overview, cut_beginning

from tests.db_api.answering import FILLER, elsewhere, find, given, places
from tests.db_api.api import Api, Person
from tests.db_api.passages import Read, read, reader

__all__ = ["elsewhere", "read", "reader"]


@pytest.mark.parametrize(
    "question",
    [
        "Summarise it.",
        "What is this document about?",
        "Please give me a short summary of the lease!",
        "Summarise the main points in 5 sentences.",
        "Fasse das Dokument bitte zusammen.",
        "Worum geht es in dem Text?",
        "Résume ce texte.",
        "De quoi parle ce document ?",
        "Resume este documento, por favor.",
        "¿De qué trata el texto?",
        "Riassumi questo documento.",
        "Di cosa parla?",
        "Vat dit document samen.",
        "Waar gaat dit over? Geef een samenvatting.",
    ],
)
def test_a_question_about_the_whole_is_known_in_six_languages(question: str) -> None:
    assert asks_for_overview(question, ["lease.pdf"])


@pytest.mark.parametrize(
    "question",
    ["When does the lease end?", "What is it?", "Summarise the rules about pets.", "?"],
)
def test_a_question_about_something_in_a_document_is_searched_for(question: str) -> None:
    assert not asks_for_overview(question, ["lease.pdf"])


def test_a_long_document_is_summarised_from_parts_of_all_of_it(
    api: Api, ada: Person, chat: str, read: Read
) -> None:
    document = read(ada, chat, *(f"Page {n} begins. {FILLER}" for n in range(1, 41)))
    found = find(api, ada.send(chat, "Summarise it.", worker="w"))
    parts = given(found["prompt"])
    assert found["found"] is True
    assert len(parts) == 9
    assert sum(map(len, parts)) <= 9 * PART_BYTES
    pages = [page for _, page, _, _ in places(found)]
    assert (pages[0], pages == sorted(pages), pages[-1] > 30) == (1, True, True)
    for part, (of, page, start, end) in zip(parts, places(found), strict=True):
        assert (of, start, end) == (document, 0, len(part))
        assert part.startswith(f"Page {page} begins. ")
        assert part.endswith("on this page.")


@pytest.mark.parametrize(
    ("passage", "beginning"),
    [
        ("One. Two.", "One. Two."),
        ("One. Two." + " x" * 300, "One. Two."),
        ("word " * 100, ("word " * 60).strip()),
        ("無" * 200, "無" * 100),
    ],
)
def test_a_part_ends_where_a_sentence_does_or_a_word(passage: str, beginning: str) -> None:
    assert cut_beginning(passage) == beginning
