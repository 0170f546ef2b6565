"""What is measured: each module here gives one or a few rows of the table."""

from collections.abc import Awaitable, Callable

from bench.figures import Found
from bench.options import Size
from bench.rows import (
    browser,
    crowd,
    first_word,
    flat,
    hostile,
    images,
    memory,
    pages,
    prompt,
    speed,
    start,
    together,
    turns,
    watchers,
)
from bench.stage import Stage

Measure = Callable[[Stage, Size], Awaitable[Found]]

# In the order of the scorecard; memory comes first, before anything has been asked.
ROWS: dict[str, Measure] = {
    "memory": memory.measure,
    "first-word": first_word.measure,
    "crowd": crowd.measure,
    "turns": turns.measure,
    "prompt": prompt.measure,
    "pages": pages.measure,
    "flat": flat.measure,
    "start": start.measure,
    "images": images.measure,
    "speed": speed.measure,
    "together": together.measure,
    "watchers": watchers.measure,
    "hostile": hostile.measure,
    "browser": browser.measure,
}

# Measured with the default model's shape, which costs what a token costs, and whose replies go on.
# All others need a model that answers in words: its text decides what a cache finds again.
SHAPED = {"speed", "together", "watchers"}

# Whose subject is the event loop's pulse.
FELT = {"watchers", "hostile"}
