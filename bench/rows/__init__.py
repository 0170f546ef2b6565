"""What is measured: each module here gives one or a few rows of the table."""

from collections.abc import Awaitable, Callable

from bench.figures import Found
from bench.options import Size
from bench.rows import (
    browser,
    crowd,
    first_word,
    flat,
    memory,
    pages,
    prompt,
    speed,
    start,
    turns,
    watchers,
)
from bench.stage import Stage

Measure = Callable[[Stage, Size], Awaitable[Found]]

# In the order of the scorecard; memory comes first, before anything has been asked.
ROWS: dict[str, Measure] = {
    "memory": memory.measure,
    "first-word": first_word.measure,
    "speed": speed.measure,
    "crowd": crowd.measure,
    "turns": turns.measure,
    "prompt": prompt.measure,
    "pages": pages.measure,
    "flat": flat.measure,
    "watchers": watchers.measure,
    "browser": browser.measure,
    "start": start.measure,
}
