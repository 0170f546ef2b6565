"""Texts that answer no question: of the same languages and subjects, put together by chance from
the sentences and words in `distractors/`. The same ones each time."""

import random
import re
import tomllib
from collections.abc import Iterator

from evaluation.question_set import FOLDER, LANGUAGES

SUBJECTS = ("home", "kitchen", "machine", "society", "journey", "town")
SENTENCES = 8  # of a paragraph, about as many as a passage has
NUMBERS = {"number": (3, 99), "amount": (120, 990), "year": (1890, 1979)}


def make_distractors(paragraphs: int) -> Iterator[tuple[str, bytes]]:
    """A file for each language and subject, of so many paragraphs: its name and content."""
    for language in LANGUAGES:
        source = tomllib.loads((FOLDER / "distractors" / f"{language}.toml").read_text())
        for subject in SUBJECTS:
            chance = random.Random(f"{language} {subject}")
            made = (
                " ".join(
                    fill(sentence, source["words"], chance)
                    for sentence in chance.sample(source[subject], SENTENCES)
                )
                for _ in range(paragraphs)
            )
            yield f"{language}-{subject}.txt", "\n\n".join(made).encode()


def fill(sentence: str, words: dict[str, list[str]], chance: random.Random) -> str:
    """Something else each time for what stands in braces."""

    def choose(slot: re.Match[str]) -> str:
        name = slot[1]
        if name == "letter":
            return chance.choice("ACDGHKLMNPRTVW")
        if name in NUMBERS:
            return str(chance.randint(*NUMBERS[name]))
        return chance.choice(words[name])

    filled = re.sub(r"\{(\w+)\}", choose, sentence)
    return filled[0].upper() + filled[1:]
