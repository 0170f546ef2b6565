"""What is measured: each module here gives one or a few rows of the table."""

from collections.abc import Awaitable, Callable

from bench.figures import Found
from bench.options import Size
from bench.rows import (
    api,
    browser,
    documents,
    first_word,
    hostile,
    idle,
    memory,
    pages,
    prompt,
    screen,
    speed,
    start,
    turns,
    watchers,
)
from bench.stage import Stage

Measure = Callable[[Stage, Size], Awaitable[Found]]

# In the order of the scorecard; memory and idle come first, before anything has been asked.
ROWS: dict[str, Measure] = {
    "memory": memory.measure,
    "idle": idle.measure,
    "first-word": first_word.measure,
    "turns": turns.measure,
    "prompt": prompt.measure,
    "pages": pages.measure,
    "start": start.measure,
    "speed": speed.measure,
    "api": api.measure,
    "watchers": watchers.measure,
    "hostile": hostile.measure,
    "documents": documents.measure,
    "browser": browser.measure,
    "screen": screen.measure,
}

# Measured with the default model's shape, which costs what a token costs, and whose replies do not
# end early. All others need a model that answers in words: its text decides what a cache finds.
SHAPED = {"speed", "watchers"}

# Whose subject is the event loop's lag.
LAG = {"watchers", "hostile"}
