"""The queue's length, which is bounded."""

from app.errors import QueueFull

# One row, for a FROM clause: how many replies are queued, and about how long that takes.
LENGTH = "queue_length() AS queue"


def check_length(length: int, wait_ms: int | None, limit: int) -> None:
    """The queue is bounded, or a reply promised now might come tomorrow. QueueFull says when to try
    again: when about a tenth of the queue has passed. Two requests in the same moment may both get
    the last position: the limit is a brake, not a count to rely on."""
    if length >= limit:
        seconds = (wait_ms or 0) // 10_000
        raise QueueFull(limit=limit, retry_after=min(max(seconds, 5), 600))
