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
    """Megabytes of doc-worker and its children, and of embed, measured again and again."""
    seen: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_S):
            try:
                pids = [parley.pid_of(service) for service in ("doc-worker", "embed")]
                seen.append(sum(megabytes(pid) for pid in pids if pid))
            except (OSError, StopIteration):  # one of them has just ended
                continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def judge(seen: Sequence[float], *, embed: bool) -> Row:
    return Row(
        "memory of doc-worker while it read all documents, at most",
        f"≤ {GOAL} MB, together with embed",
        f"{max(seen):.0f} MB, {'with' if embed else 'without'} embed",
        max(seen) <= GOAL,
    )
