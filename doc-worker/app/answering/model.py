"""A question-answering model of SQuAD 2.0's kind, run by onnxruntime: it scores each token of a
passage as the first and as the last of the answer, and a token of its own for there being none."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it has no types
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

WINDOW = 384  # tokens: the question, what there is room for of a passage, and the marks between
OVERLAP = 128  # tokens that two windows of a passage share
QUESTION = 64  # tokens: what is longer is cut
LONGEST = 30  # tokens of an answer
PASSAGE = 1  # what the tokenizer calls the second of two texts

INPUTS: dict[str, Callable[[Encoding], list[int]]] = {
    "input_ids": lambda window: window.ids,
    "attention_mask": lambda window: window.attention_mask,
    "token_type_ids": lambda window: window.type_ids,
}
OUTPUTS = ["start_logits", "end_logits"]

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Answer:
    """The words of a passage, by its number in the list, from `start` up to `end`, in code points.
    The scores are probabilities: of these words, and of there being none in what the model saw."""

    passage: int
    start: int
    end: int
    score: float
    no_answer_score: float


NONE = Answer(0, 0, 0, 0.0, 1.0)


class Model:
    """The model in a folder."""

    def __init__(self, folder: Path) -> None:
        """Raises ValueError if it is none that can be used."""
        self.name = folder.name
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = False  # it would keep what the longest passage needed
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3  # errors
        try:
            self._session = onnxruntime.InferenceSession(
                folder / "model.onnx", options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the libraries' own, which have no class in common
            raise ValueError(str(error)) from error
        self._tokenizer.no_padding()
        self._inputs = [put.name for put in self._session.get_inputs()]
        gives = {put.name for put in self._session.get_outputs()}
        if not (INPUTS.keys() >= set(self._inputs) and gives >= set(OUTPUTS)):
            raise ValueError(f"it is of another kind: it takes {self._inputs} and gives {gives}")

    def find(self, question: str, passages: list[str]) -> Answer:
        """The words that answer the question best."""
        question = self._cut(question)
        best = NONE
        for number, passage in enumerate(passages):
            whole = self._tokenizer.encode(question, passage)
            for window in (whole, *whole.overflowing):
                found = find_span(window, *self._run(window))
                if found and found.score > best.score:
                    start, end = strip(passage, *read_offsets(window, found))
                    best = Answer(number, start, end, found.score, found.no_answer_score)
        return best

    def _cut(self, question: str) -> str:
        """What of the question leaves room for a passage."""
        self._tokenizer.no_truncation()
        offsets = self._tokenizer.encode(question, add_special_tokens=False).offsets
        self._tokenizer.enable_truncation(WINDOW, stride=OVERLAP, strategy="only_second")
        return question[: offsets[QUESTION - 1][1]] if len(offsets) > QUESTION else question

    def _run(self, window: Encoding) -> tuple[Logits, Logits]:
        given = {name: np.array([INPUTS[name](window)], np.int64) for name in self._inputs}
        start, end = self._session.run(OUTPUTS, given)
        return start[0], end[0]


@dataclass(frozen=True)
class Span:
    """Tokens of a window, both included, and how likely they are."""

    first: int
    last: int
    score: float
    no_answer_score: float


def find_span(window: Encoding, start: Logits, end: Logits) -> Span | None:
    """The likeliest of all spans of the passage that are not too long; None if it has no token.
    They and its absence are weighed against each other by softmax."""
    tokens = np.flatnonzero([sequence == PASSAGE for sequence in window.sequence_ids])
    if not tokens.size:
        return None
    sums = np.add.outer(start[tokens], end[tokens]).astype(np.float64)
    ones = np.ones_like(sums, dtype=bool)
    allowed = np.triu(ones) & np.tril(ones, LONGEST - 1)
    sums[~allowed] = -np.inf
    none = float(start[0]) + float(end[0])
    highest = max(float(sums.max()), none)
    weights, nothing = np.exp(sums - highest), float(np.exp(none - highest))
    total = float(weights.sum()) + nothing
    row, column = np.unravel_index(int(weights.argmax()), weights.shape)
    score = float(weights[row, column]) / total
    return Span(int(tokens[row]), int(tokens[column]), score, nothing / total)


def read_offsets(window: Encoding, span: Span) -> tuple[int, int]:
    """From where to where it is in the passage, in whole words."""
    places = list(zip(window.sequence_ids, window.word_ids, strict=True))
    first, last = span.first, span.last
    while first and places[first - 1] == places[first]:
        first -= 1
    while last + 1 < len(places) and places[last + 1] == places[last]:
        last += 1
    return window.offsets[first][0], window.offsets[last][1]


def strip(text: str, start: int, end: int) -> tuple[int, int]:
    """The same words without the white space that some tokenizers count in."""
    part = text[start:end]
    return end - len(part.lstrip()), start + len(part.rstrip())
