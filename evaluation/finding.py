"""Whether the passages with the answer are found, and whether a question without one is refused."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

from bench.figures import Row, in_ms

from evaluation.question_set import ANSWERABLE, Question
from evaluation.reader import Reader, Search

LIMIT = 5  # passages: recall@5
RECALL_GOAL, REFUSED_GOAL, WRONGLY_GOAL = 0.9, 0.85, 0.1


@dataclass(frozen=True)
class Outcome:
    """What became of one question, and in how many seconds."""

    question: Question
    search: Search
    took: float

    @property
    def found(self) -> bool:
        return self.search.has_answer(self.question)


def ask_all(
    reader: Reader,
    questions: Sequence[Question],
    vectors: Sequence[Sequence[float]] | None = None,
    model: str = "",
) -> list[Outcome]:
    """Each by itself; with their vectors, if there are some."""
    given = vectors or repeat(None, len(questions))
    outcomes = []
    for question, vector in zip(questions, given, strict=True):
        began = time.perf_counter()
        search = reader.search(question, LIMIT, vector, model)
        outcomes.append(Outcome(question, search, time.perf_counter() - began))
    return outcomes


def judge(outcomes: Sequence[Outcome], *, has_vectors: bool) -> list[Row]:
    """The rows of one way to search. Only a model that knows their meaning can find what shares no
    word with the question, so only then that is a goal."""
    rows = [
        _recall("literal", outcomes, "literal", goal=True),
        _recall("of scans", outcomes, "scanned", goal=True),
    ]
    english = [o for o in outcomes if o.question.language == "en"]
    others = [o for o in outcomes if o.question.language != "en"]
    rows += [
        _recall("paraphrased, in English", english, "paraphrased", goal=has_vectors),
        _recall("paraphrased, in five other languages", others, "paraphrased"),
        _recall("asked in another language", outcomes, "cross-language"),
        _recall("follow-ups, with the question before", outcomes, "follow-up"),
    ]
    took = Row("a search", "", in_ms([outcome.took for outcome in outcomes]), None)
    return [*rows, *_refusals(outcomes), took]


def _recall(name: str, outcomes: Sequence[Outcome], kind: str, *, goal: bool = False) -> Row:
    own = [outcome for outcome in outcomes if outcome.question.kind == kind]
    share = sum(outcome.found for outcome in own) / len(own) if own else 0.0
    return Row(
        f"recall@{LIMIT}, {name}",
        f"≥ {RECALL_GOAL}" if goal else "",
        f"{share:.2f} of {len(own)}" if own else "none asked",
        share >= RECALL_GOAL if goal else None,
    )


def _refusals(outcomes: Sequence[Outcome]) -> list[Row]:
    """A search that isn't good enough is a refusal: no model is asked."""
    wrong = {kind: [o for o in outcomes if o.question.kind == kind] for kind in ANSWERABLE}
    right = [outcome for outcome in outcomes if outcome.question.kind == "unanswerable"]
    answerable = [outcome for some in wrong.values() for outcome in some]
    refused, wrongly = _share_refused(right), _share_refused(answerable)
    each = ", ".join(f"{k} {_share_refused(some):.2f}" for k, some in wrong.items() if some)
    return [
        Row(
            "unanswerable questions refused",
            f"≥ {REFUSED_GOAL}",
            f"{refused:.2f} of {len(right)}",
            refused >= REFUSED_GOAL,
        ),
        Row(
            "answerable questions refused",
            f"≤ {WRONGLY_GOAL:.2f}",
            f"{wrongly:.2f} of {len(answerable)} ({each})",
            wrongly <= WRONGLY_GOAL,
        ),
    ]


def _share_refused(outcomes: Sequence[Outcome]) -> float:
    return sum(not o.search.good for o in outcomes) / len(outcomes) if outcomes else 0.0


def list_misses(outcomes: Sequence[Outcome]) -> list[str]:
    """What went wrong with which question, for those who tune."""
    misses = []
    for outcome in outcomes:
        question = outcome.question
        answerable = bool(question.page)
        wrong = [
            "not found" if answerable and not outcome.found else "",
            "refused" if answerable and not outcome.search.good else "",
            "not refused" if not answerable and outcome.search.good else "",
        ]
        if said := ", ".join(filter(None, wrong)):
            misses.append(f"{question.kind}, {question.key}: {said}: {question.ask}")
    return misses
