"""How long the writing of a reply has taken."""

import time


class Stopwatch:
    """Time spent by all who wrote a reply, without the time the model was away."""

    def __init__(self, spent_ms: int) -> None:
        self._spent_ms = spent_ms
        self._started = time.monotonic()
        self._paused: float | None = None

    @property
    def elapsed_ms(self) -> int:
        """Milliseconds so far."""
        now = self._paused or time.monotonic()
        return self._spent_ms + round((now - self._started) * 1000)

    def pause(self) -> None:
        """The model is out of reach."""
        self._paused = self._paused or time.monotonic()

    def resume(self) -> None:
        """The model is back."""
        if self._paused is not None:
            self._started += time.monotonic() - self._paused
            self._paused = None
