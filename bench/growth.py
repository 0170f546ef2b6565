"""What one machine holds, and what gives out first: arithmetic on what a run has measured.

`make bench` writes it into docs/performance.md, where the words around it are. What is assumed
is here, each thing once.
"""

from dataclasses import dataclass

from bench.rows.speed import AT_ONCE

SOON, READABLE = 1.0, 5.0  # seconds until a first word; tokens per second that one reads along
REPLY_TOKENS, REPLY_BYTES, QUESTION_BYTES = 150, 700, 100
MESSAGES_AN_HOUR = 60  # of one person who chats
BUSIEST_HOUR = 0.2  # its share of a day's messages
PAGES = 2  # opened for each message
CHAT_UI_MB = 384  # what compose.yaml lets it have
NGINX_TABS = (
    8192  # a worker of 16384 connections, which may get them all, and a tab that watches takes two
)

MEASURED = {
    "pages/s",
    "watchers",
    "MB idle",
    "MB watched",
    "bytes in messages",
    "bytes in replies",
    *(f"{what} of {many}" for many in AT_ONCE for what in ("first word", "each", "all")),
}


@dataclass(frozen=True)
class Limit:
    """How many messages an hour a part can serve, as long as no other part is in its way."""

    part: str
    seen: str
    messages_an_hour: float


def find_limits(numbers: dict[str, float]) -> list[Limit]:
    """The first is the one that gives out first."""
    rate = max(numbers[f"all of {many}"] for many in AT_ONCE)
    each = max(numbers["MB watched"] - numbers["MB idle"], 0.1) / numbers["watchers"]
    tabs = (CHAT_UI_MB - numbers["MB idle"]) / each
    limits = [
        Limit("the model", f"{rate:.0f} tokens/s", rate * 3600 / REPLY_TOKENS),
        Limit(
            "chat-ui: pages",
            f"{numbers['pages/s']:.0f} a second",
            numbers["pages/s"] * 3600 / PAGES,
        ),
        Limit(
            "chat-ui: memory for open tabs",
            f"{tabs:,.0f} at {each:.2f} MB in {CHAT_UI_MB} MB",
            tabs * MESSAGES_AN_HOUR,
        ),
        Limit("nginx: connections of open tabs", f"{NGINX_TABS:,}", NGINX_TABS * MESSAGES_AN_HOUR),
    ]
    return sorted(limits, key=lambda limit: limit.messages_an_hour)


def count_side_by_side(numbers: dict[str, float]) -> int:
    """Most replies at once that all begin soon and can be read as they come; 0 if not even one."""
    good = (
        many
        for many in AT_ONCE
        if numbers[f"first word of {many}"] <= SOON and numbers[f"each of {many}"] >= READABLE
    )
    return max(good, default=0)


def weigh(numbers: dict[str, float]) -> float:
    """Bytes in PostgreSQL of a message and its reply. Words count twice: once for the search."""
    rows = 2 * numbers["bytes in messages"] + numbers["bytes in replies"]
    return rows + 2 * (REPLY_BYTES + QUESTION_BYTES)


def render(numbers: dict[str, float], about: str) -> str:
    """Both tables, as Markdown."""
    limits = find_limits(numbers)
    hourly = limits[0].messages_an_hour
    daily = hourly / BUSIEST_HOUR
    bytes_each = weigh(numbers)
    lines = [
        about,
        "",
        "| one machine holds | |",
        "|---|---|",
        f"| replies side by side, begun within {SOON:.0f} s, at least {READABLE:.0f} tokens/s each"
        f" | {count_side_by_side(numbers)} |",
        f"| messages an hour, with replies of {REPLY_TOKENS} tokens | {hourly:,.0f} |",
        f"| people who chat at the same time, {MESSAGES_AN_HOUR} messages an hour each"
        f" | {hourly / MESSAGES_AN_HOUR:,.0f} |",
        f"| messages a day, {BUSIEST_HOUR:.0%} of them in the busiest hour | {daily:,.0f} |",
        f"| in PostgreSQL: a message and its reply | {bytes_each / 1000:.1f} kB |",
        f"| in PostgreSQL: a year of such days | {bytes_each * daily * 365 / 1e9:.1f} GB |",
        "",
        "| gives out, the first first | measured | messages an hour | |",
        "|---|---|---|---|",
        *(
            f"| {limit.part} | {limit.seen} | {limit.messages_an_hour:,.0f}"
            f" | × {limit.messages_an_hour / hourly:,.0f} |"
            for limit in limits
        ),
    ]
    return "\n".join(lines) + "\n"
