"""What texts are compared by: which of their words have content, and whether they are the same."""

import re
import tomllib
import unicodedata
from functools import cache

from evaluation.question_set import FOLDER, Question

ROOT_LETTERS = 5  # that two words begin with in common, whatever comes then
SHORT_ROOT = 3  # the same, if neither is more than an ending longer
ENDING = 2


def find_shared(question: Question) -> set[str]:
    """The question's content words that its answer's sentence has as well, in whatever form."""
    languages = {question.language, question.document.language}
    asked = content_words(question.ask, languages)
    answered = content_words(question.sentence, languages)
    return {word for word in asked if any(have_common_root(word, other) for other in answered)}


def content_words(text: str, languages: set[str]) -> set[str]:
    """In lower case, without accents; all but the function words of these languages."""
    found = set(re.findall(r"\w+", fold(text)))
    return found.difference(*(function_words()[language] for language in languages))


def have_common_root(one: str, other: str) -> bool:
    """A rough rule for all languages at once, which sees too many rather than too few."""
    if one == other or one.isdecimal() or other.isdecimal():
        return one == other
    pairs = enumerate(zip(one, other, strict=False))
    root = next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
    ending = max(len(one), len(other)) - root
    return root >= ROOT_LETTERS or (root >= SHORT_ROOT and ending <= ENDING)


def fold(text: str) -> str:
    """In lower case, without accents."""
    parts = unicodedata.normalize("NFD", text.lower().replace("ß", "ss"))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def squeeze(text: str) -> str:
    """Without white space: wherever its lines end."""
    return re.sub(r"\s+", "", text)


@cache
def function_words() -> dict[str, set[str]]:
    """By language."""
    lists = tomllib.loads((FOLDER / "function-words.toml").read_text())
    return {language: set(words.split()) for language, words in lists.items()}
