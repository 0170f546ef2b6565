"""Passages are whole sentences of about 200 tokens, each joined to the one before it."""

from itertools import pairwise

import pytest
from app.passages import SIZE, count_tokens, cut_parts, cut_passages, cut_sentences

SENTENCES = [f"Sentence number {n} says that nothing happened on that day." for n in range(60)]


def parts(text: str) -> list[str]:
    return [text[start:end] for start, end in cut_passages(text)]


def test_a_short_page_is_one_passage_without_the_space_around_it() -> None:
    assert parts("\n  Hello there.\nHow are you?  \n") == ["Hello there.\nHow are you?"]
    assert parts("") == parts(" \n ") == []


def test_passages_overlap_by_one_sentence_and_cover_everything() -> None:
    text = " ".join(SENTENCES)
    found = parts(text)
    assert len(found) > 3
    for before, after in pairwise(found):
        (shared,) = [s for s in SENTENCES if before.endswith(s) and after.startswith(s)]
        assert shared
    assert all(any(sentence in passage for passage in found) for sentence in SENTENCES)


@pytest.mark.parametrize(
    "text",
    [
        " ".join(SENTENCES),
        "word " * 3000,
        "x" * 10_000,
        "今日は良い天気です。" * 200,
        "無" * 3000,
        "One.\n\n" * 500,
        "a" + " " * 20_000 + "b",
    ],
)
def test_no_passage_is_much_longer_than_it_should_be_and_no_letter_is_lost(text: str) -> None:
    spans = cut_passages(text)
    assert all(0 < count_tokens(text, span) <= SIZE * 1.1 for span in spans)
    covered = {n for start, end in spans for n in range(start, end)}
    assert all(n in covered for n, letter in enumerate(text) if not letter.isspace())
    assert len(set(spans)) == len(spans)


@pytest.mark.parametrize(
    "sentences",
    [
        ["He said “Stop!” and left.", "She stayed."],
        ["今日は。", "世界！"],
        ["A heading\n\n", "A paragraph."],
    ],
)
def test_a_sentence_ends_where_it_should(sentences: list[str]) -> None:
    text = " ".join(sentences)
    found = [text[start:end] for start, end in cut_sentences(text)]
    assert found == [sentence.strip() for sentence in sentences]


def test_a_table_that_is_too_long_is_cut_between_its_rows() -> None:
    rows = [f"Month {n} of the year had {n},000 visitors" for n in range(60)]
    found = "\n".join(parts("\n".join(rows))).split("\n")
    assert found == rows


@pytest.mark.parametrize(
    "parts",
    [
        ["Costs\n\nThe rent is due on the first of each month.", "It is EUR 900."],
        ["Yes. No. Perhaps."],
        [],
    ],
)
def test_each_sentence_gets_a_vector_and_a_short_one_together_with_the_next(
    parts: list[str],
) -> None:
    text = " ".join(parts)
    assert [text[start:end] for start, end in cut_parts(text)] == parts


def test_a_passage_gets_no_more_vectors_than_can_be_stored_at_once() -> None:
    text = "A. " * 300
    assert len(cut_parts(text)) <= len(text) / 30
