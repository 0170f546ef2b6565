"""Replies come first: while somebody waits for one, reading stands still, though not for ever."""

import time

from app.client import Job, Queue, Waiting

LOOK_S = 1.0  # between two looks whether it still has to
PAUSE_S = 8.0  # at most, before each page: with the page itself (see `reading`) that is below 20


def give_way(queue: Queue, job: Job, seconds: float = PAUSE_S) -> Waiting:
    """Until nobody waits for a reply any more, or so many seconds have passed. Who waits then."""
    ends = time.monotonic() + seconds
    while True:
        time.sleep(LOOK_S)
        waiting = queue.heartbeat(job)
        if not waiting.reply_awaited or time.monotonic() >= ends:
            return waiting
