"""What reading documents takes of memory."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.figures import Row
from bench.stage import megabytes
from tests.support.local_stack import LocalStack

GOAL = 700
LOOK_S = 0.5  # between two looks


@contextmanager
def watch_memory(parley: LocalStack) -> Iterator[Sequence[float]]:
    """Megabytes of doc-worker and its children, measured again and again."""
    seen: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_S):
            try:
                seen.append(megabytes(parley.pid_of("doc-worker") or 0))
            except (OSError, StopIteration):  # one of them has just ended
                continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def judge(seen: Sequence[float]) -> Row:
    return Row(
        "memory of doc-worker while it read all documents, at most",
        f"≤ {GOAL} MB, together with embed",
        f"{max(seen):.0f} MB, without embed",
        max(seen) <= GOAL,
    )
