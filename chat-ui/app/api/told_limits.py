"""What a program is told of its limits and of the queue, in headers: OpenAI's `x-ratelimit-…`, and
`x-queue-position`."""

from app.clients.queue_types import Sent
from app.clients.types import Reply
from app.clients.usage_types import Bucket, Room


def tell_sent(sent: Sent) -> dict[str, str]:
    """Of what was stored: what may still be asked for, and its queue position."""
    return tell_room(sent.room) | tell_position(sent.reply.reply)


def tell_room(room: Room | None) -> dict[str, str]:
    """What may still be asked for, and when all of it may be again."""
    if room is None:
        return {}
    return _tell("requests", room.requests) | _tell("tokens", room.tokens)


def tell_position(reply: Reply | None) -> dict[str, str]:
    """Its queue position, while it has one: 1 is next."""
    if reply is None or reply.queue_position is None:
        return {}
    return {"X-Queue-Position": str(reply.queue_position)}


def format_duration(milliseconds: int) -> str:
    """As OpenAI writes it: 1m6s, 1.5s, 20ms."""
    if 0 < milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{f'{minutes}m' if minutes else ''}{rest / 1000:g}s"


def _tell(name: str, bucket: Bucket) -> dict[str, str]:
    return {
        f"X-RateLimit-Limit-{name}": str(bucket.limit),
        f"X-RateLimit-Remaining-{name}": str(bucket.remaining),
        f"X-RateLimit-Reset-{name}": format_duration(bucket.reset_ms),
    }
