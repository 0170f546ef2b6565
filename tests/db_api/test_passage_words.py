"""The words by which passages are found: how a text is split into them, and in which language."""

import pytest
from app.passages.search import describe_words
from app.passages.words import (
    COMMON_WORDS,
    detect_language,
    detect_language_of_question,
    split_words,
)

from tests.db_api.conftest import Sql


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Straße, STRASSE", ["strasse"]),
        ("Café Œuvre Łódź smørrebrød", ["cafe", "oeuvre", "lodz", "smorrebrod"]),
        ("naïve ﬁle № 5", ["naive", "file", "no", "5"]),
        ("Verein-\nbarung und Ost-\nWest", ["vereinbarung", "und", "ost", "west"]),
        ("and/or_snake", ["and", "or", "snake"]),
        ("東京都 Python入門 字", ["東京", "京都", "python", "入門", "字"]),
        ("가나다", ["가나", "나다"]),
        ("x" * 5000, ["x" * 64]),
        ("'); DROP & | ! :* \\", ["drop"]),
    ],
)
def test_a_text_is_split_into_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the price of the ticket?", "english"),
        ("Wie hoch ist der Preis für die Karte?", "german"),
        ("Quel est le prix du billet pour les enfants ?", "french"),
        ("¿Cuál es el precio de la entrada y de los niños?", "spanish"),
        ("Qual è il prezzo del biglietto per gli adulti?", "italian"),
        ("Wat is de prijs van het kaartje?", "dutch"),
        ("Preis 2027", None),
    ],
)
def test_the_language_is_found_by_the_commonest_words(text: str, language: str | None) -> None:
    assert detect_language(split_words(text)) == language
    assert detect_language(["para", "por"]) is None, "two languages have both"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Where do bicycles belong?", "english"),
        ("When must windows be closed?", "english"),
        ("Wo stehen Fahrräder?", "german"),
        ("Où vont les vélos ?", "french"),
        ("Quando acaba?", None),
    ],
)
def test_the_language_of_a_question_is_found_by_how_it_is_asked(
    question: str, language: str | None
) -> None:
    assert detect_language_of_question(split_words(question)) == language


def test_each_language_has_a_stemmer_and_its_commonest_words_have_no_accents(sql: Sql) -> None:
    stemmers = {name for (name,) in sql("SELECT dictname::text FROM pg_ts_dict")}
    for language, words in COMMON_WORDS.items():
        assert f"{language}_stem" in stemmers
        assert split_words(words) == words.split()


def test_of_the_question_before_only_other_words_are_searched_for() -> None:
    asked = describe_words("When does the lease end?", "When does the lease begin?")
    assert asked["words"] == ["when", "does", "the", "lease", "end", "begin"]
