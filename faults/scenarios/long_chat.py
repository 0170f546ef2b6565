"""A chat of 10,000 messages opens as fast as one of 10, and is exported whole."""

import statistics
import time

from faults.reading import read_export
from faults.trial import Trial

MESSAGES = 10_000
OPENINGS, OPENINGS_QUICK = 40, 15
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
    """Chats of 10 and 10,000 messages, opened in turns; then the long one is read whole."""
    person, figures = trial.browser(), trial.found.figures
    chats = {length: await person.open_chat() for length in (10, MESSAGES)}
    for length, chat in chats.items():
        trial.parley.sql(FILL.format(chat=chat, last=length))
    for number in range(-5, OPENINGS_QUICK if trial.quick else OPENINGS):
        for length, chat in chats.items():
            began = time.perf_counter()
            await person.get(f"/chats/{chat}")
            if number >= 0:  # the first ones only warm up
                figures[f"page of {length:,} messages"].append(time.perf_counter() - began)
    short, long = (statistics.median(figures[f"page of {length:,} messages"]) for length in chats)
    figures["10,000 against 10 (times)"].append(long / short)
    if long > GOAL * short:
        trial.found.missed.append(f"it opens in {long / short:.2f} times a short chat's time")
    stored = [(m.seq, m.content) for m in (await read_export(person, chats[MESSAGES]))[1:]]
    numbers = range(2, MESSAGES + 1)
    if stored != [(n, f"Message {n} of a long chat, with some *words*.") for n in numbers]:
        trial.found.violate("I1", f"the export has {len(stored) + 1} messages", chats[MESSAGES])
    trial.found.counts["messages exported"] += len(stored) + 1
    person.chats.clear()  # nobody has sent what is in them
