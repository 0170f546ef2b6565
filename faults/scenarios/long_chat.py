"""A chat of 10,000 messages opens as fast as one of 10, and is exported whole."""

import statistics
import time

from faults.browser import Browser
from faults.export import read_export
from faults.trial import Trial

MESSAGES = 10_000
OPENINGS = 40
GOAL = 1.2

# Written straight into the tables: 5,000 real replies would take hours. What is measured and read
# back then goes the usual way.
FILL = """
WITH here AS (SELECT id, session_id, head FROM chats WHERE id = '{chat}'),
made AS MATERIALIZED (
    SELECT n, uuidv7() AS id FROM generate_series(2, {last}) AS n
), chain AS (
    SELECT n, id, lag(id) OVER (ORDER BY n) AS before FROM made
), written AS (
    INSERT INTO messages (id, chat_id, session_id, seq, parent_id, role, content)
    SELECT c.id, h.id, h.session_id, c.n, coalesce(c.before, h.head),
        CASE WHEN c.n % 2 = 0 THEN 'user' ELSE 'assistant' END,
        'Message ' || c.n || ' of a long chat, with some *words*.'
    FROM chain c, here h RETURNING id, seq, chat_id, session_id
), answered AS (
    INSERT INTO replies (message_id, chat_id, session_id, state, finished_at)
    SELECT id, chat_id, session_id, 'complete', now() FROM written WHERE seq % 2 = 1
)
UPDATE chats SET head = (SELECT id FROM made ORDER BY n DESC LIMIT 1) WHERE id = '{chat}';
ANALYZE messages;
"""


async def run(trial: Trial) -> None:
    """Chats of 10, 100 and 10,000 messages, opened in turns; then the long one is read whole."""
    person = trial.browser()
    chats = {}
    for length in (10, 100, MESSAGES):
        chats[length] = await person.open_chat()
        trial.parley.sql(FILL.format(chat=chats[length], last=length))
    times = await _open_in_turns(person, chats)
    medians = {length: statistics.median(values) for length, values in times.items()}
    for length, values in times.items():
        trial.figures[f"page of {length:,} messages"] += values
    ratio = medians[MESSAGES] / medians[10]
    trial.figures["10,000 against 10 (times)"].append(ratio)
    trial.figures["10,000 against 100 (times)"].append(medians[MESSAGES] / medians[100])
    if ratio > GOAL:
        trial.miss(f"it opens in {ratio:.2f} times the time of a chat of 10 messages")
    await _read_whole(trial, person, chats[MESSAGES])


async def _open_in_turns(person: Browser, chats: dict[int, str]) -> dict[int, list[float]]:
    times: dict[int, list[float]] = {length: [] for length in chats}
    for number in range(OPENINGS + 5):
        for length, chat in chats.items():
            began = time.perf_counter()
            await person.get(f"/chats/{chat}")
            if number >= 5:  # the first ones only warm up
                times[length].append(time.perf_counter() - began)
    return times


async def _read_whole(trial: Trial, person: Browser, chat: str) -> None:
    began = time.monotonic()
    stored = await read_export(person, chat)
    trial.figures["export of 10,000 messages"].append(time.monotonic() - began)
    words = [f"Message {n} of a long chat, with some *words*." for n in range(2, MESSAGES + 1)]
    if [m.content for m in stored[1:]] != words or [m.seq for m in stored] != [
        *range(1, MESSAGES + 1)
    ]:
        trial.violate("I1", f"the export is not whole: {len(stored)} messages", chat)
    trial.counts["messages exported"] += len(stored)
