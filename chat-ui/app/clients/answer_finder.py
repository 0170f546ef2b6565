"""answer: a question-answering model in doc-worker's folder, which finds the words of passages that
answer a question. It may be missing."""

from http import HTTPStatus

from pydantic import ValidationError

from app.clients.service import BrokenOff, NoConnection, Service
from app.clients.types import Received

SECONDS = 10  # a reply waits for it, and perhaps for other replies' questions before
MOST_CHARACTERS = 1000  # of a question: it reads 64 tokens


class FoundWords(Received):
    """Words of one of the passages, by its number in the list, in code points. The scores are
    probabilities: of these words, and of there being no answer."""

    passage: int
    start: int
    end: int
    score: float
    no_answer_score: float
    model: str

    @property
    def is_none(self) -> bool:
        """Whether it is likelier that there is no answer."""
        return self.score <= self.no_answer_score

    def are_in(self, passages: list[str]) -> bool:
        """Whether there are such words."""
        return 0 <= self.passage < len(passages) and 0 <= self.start < self.end <= len(
            passages[self.passage]
        )


class AnswerFinder:
    """Asks answer, if there is one."""

    def __init__(self, service: Service | None) -> None:
        self._service = service

    async def find(self, question: str, passages: list[str]) -> FoundWords | None:
        """The likeliest words; None if there is no answer, or it doesn't answer soon."""
        if self._service is None:
            return None
        asked = {"question": question[:MOST_CHARACTERS], "passages": passages}
        try:
            told = await self._service.ask("POST", "/answer", json=asked, seconds=SECONDS)
            if told.status != HTTPStatus.OK:
                return None
            words = FoundWords.model_validate_json(told.content)
        except (NoConnection, BrokenOff, ValidationError):
            return None
        return words if words.is_none or words.are_in(passages) else None
