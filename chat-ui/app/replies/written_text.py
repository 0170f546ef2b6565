"""The text of a reply while it is written: what is stored, and what is still to be."""

from collections.abc import Sequence

from app.clients.queue_types import Step
from app.clients.updates import StepUpdate


class WrittenText:
    """A reply's steps, of which the last one grows. Offsets count the code points of a step, as
    db-api does.

    `pending` holds whole deltas of the model only, so that a stored text always ends where one of
    its tokens ended and can be continued exactly.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self._earlier = [step.text for step in steps[:-1]]
        self.stored = steps[-1].text if steps else ""
        self.pending = ""

    @property
    def step(self) -> int:
        """The number of the step that grows."""
        return len(self._earlier)

    @property
    def whole(self) -> str:
        """All of the reply so far, stored or not."""
        return "".join(self._earlier) + self.stored + self.pending

    def confirm(self, step: int, length: int) -> None:
        """Takes for stored what db-api says it holds.

        The length it reports is the truth, also after a batch whose answer got lost on the way:
        then it is ahead of what we knew, never inside a delta.
        """
        confirmed = length - len(self.stored)
        if step == self.step and confirmed > 0:
            self.stored += self.pending[:confirmed]
            self.pending = self.pending[confirmed:]

    def tell(self) -> list[StepUpdate]:
        """What watchers may see: all that is stored, so that nobody can miss a part."""
        return _tell([*self._earlier, self.stored])

    def tell_final(self, length: int) -> list[StepUpdate]:
        """The whole reply, but no more than is stored of it, in code points: it may have been
        stopped while this copy was out of reach."""
        told = []
        for text in [*self._earlier, self.stored + self.pending]:
            told.append(text[:length])
            length -= len(told[-1])
        return _tell(told)


def join_steps(steps: Sequence[Step]) -> str:
    """The text of all steps."""
    return "".join(step.text for step in steps)


def _tell(texts: list[str]) -> list[StepUpdate]:
    return [StepUpdate(number=n, offset=0, text=text) for n, text in enumerate(texts)]
