"""Whether anything gets slower as chats, lists and the database grow."""

import statistics
import time

from bench.figures import Found, Row, in_ms
from bench.options import Size
from bench.person import Person, visit
from bench.rows.first_word import QUESTIONS
from bench.stage import Stage

LENGTHS = (10, 1_000, 10_000)
CHATS = 5_000
WARM_UP = 4
REMEMBERED = 8  # messages of a long chat that the model is still given

# Written straight into the tables, as months of talking would have left it.
LENGTHEN = """
WITH here AS (SELECT id, session_id, head FROM chats WHERE id = '{chat}'),
made AS MATERIALIZED (SELECT n, uuidv7() AS id FROM generate_series(2, {length}) AS n),
chain AS (SELECT n, id, lag(id) OVER (ORDER BY n) AS before FROM made),
written AS (
    INSERT INTO messages (id, chat_id, session_id, seq, parent_id, role, content)
    SELECT c.id, h.id, h.session_id, c.n, coalesce(c.before, h.head),
        CASE WHEN c.n % 2 = 0 THEN 'user' ELSE 'assistant' END, 'Words ' || c.n || ' of many.'
    FROM chain c, here h RETURNING id, seq, chat_id, session_id
), answered AS (
    INSERT INTO replies (message_id, chat_id, session_id, state, finished_at)
    SELECT id, chat_id, session_id, 'complete', now() FROM written WHERE seq % 2 = 1
)
UPDATE chats SET last_seq = {length},
    head = (SELECT id FROM made ORDER BY n DESC LIMIT 1),
    context_start = (SELECT id FROM made WHERE n = greatest(2, {length} - {remembered}))
WHERE id = '{chat}';
ANALYZE messages;
"""
ADD_CHATS = """
INSERT INTO chats (session_id, username, system_prompt, title, updated_at)
SELECT session_id, username, system_prompt, 'Chat ' || n, now() - n * interval '1 minute'
FROM chats, generate_series(1, {chats}) AS n WHERE id = '{chat}';
ANALYZE chats;
"""
# A chat of each, of ten messages.
ADD_SESSIONS = """
WITH newcomers AS (
    INSERT INTO sessions (expires_at)
    SELECT now() + interval '90 days' FROM generate_series(1, {sessions}) RETURNING id
), theirs AS (
    INSERT INTO chats (session_id, username, system_prompt, title, last_seq)
    SELECT id, 'Ann', 'Be brief.', 'Of many', 10 FROM newcomers RETURNING id, session_id
)
INSERT INTO messages (chat_id, session_id, seq, role, content)
SELECT id, session_id, n, 'user', 'Words ' || n || ' of very many.'
FROM theirs, generate_series(1, 10) AS n;
ANALYZE;
"""


async def measure(stage: Stage, size: Size) -> Found:
    """Short beside long, few beside many, in turn; then all of it before and after a million."""
    rounds = max(3, size.rounds // 3)
    async with visit(stage.url) as person, visit(stage.url) as collector:
        chats = {length: await person.open_chat() for length in LENGTHS}
        for length, chat in chats.items():
            stage.sql(LENGTHEN.format(chat=chat, length=length, remembered=REMEMBERED))
        words = await _ask_in_turns(person, chats, rounds)
        few, many = await person.open_chat(), await collector.open_chat()
        stage.sql(ADD_CHATS.format(chat=many, chats=CHATS))
        pages = {"few": await _open(person, few, 5), "many": await _open(collector, many, 5)}
        for _ in range(rounds):
            pages["few"] += await _open(person, few, 3)
            pages["many"] += await _open(collector, many, 3)
        before = await _open(person, few, rounds * 5), await _ask_new(person, rounds)
        stage.sql(ADD_SESSIONS.format(sessions=size.sessions))
        await _open(person, few, 5)
        after = await _open(person, few, rounds * 5), await _ask_new(person, rounds)
    sessions = f"{size.sessions:,} sessions with {size.sessions * 10:,} messages"
    rows = [
        _compare(f"first word in a chat of {long:,} messages ÷ of 10", words[long], words[10])
        for long in LENGTHS[1:]
    ]
    rows += [
        _compare(f"chat page with {CHATS:,} chats ÷ with 5", pages["many"], pages["few"]),
        _compare(f"chat page beside {sessions} ÷ before", after[0], before[0]),
        _compare(f"first word in a new chat beside {sessions} ÷ before", after[1], before[1]),
    ]
    weights = {table: _weigh(stage, table) for table in ("messages", "replies")}
    seen = ", ".join(f"{table} {weight:.0f}" for table, weight in weights.items())
    rows.append(
        Row("PostgreSQL: bytes for a row, its indexes in, of short messages", "", seen, None)
    )
    numbers = {f"bytes in {table}": weight for table, weight in weights.items()}
    return Found(rows, numbers=numbers)


def _compare(figure: str, large: list[float], small: list[float]) -> Row:
    ratio = statistics.median(large) / statistics.median(small)
    return Row(figure, "", f"{ratio:.2f}; {in_ms(large)}, {in_ms(small)}", None)


async def _ask_in_turns(
    person: Person, chats: dict[int, str], rounds: int
) -> dict[int, list[float]]:
    firsts: dict[int, list[float]] = {length: [] for length in chats}
    for number in range(rounds + 1):
        for length, chat in chats.items():
            question = f"{number}. {QUESTIONS[number % len(QUESTIONS)]}"
            first = (await person.ask(chat, question)).first
            if number:  # the first reads the whole prompt
                firsts[length].append(first)
    return firsts


async def _ask_new(person: Person, rounds: int) -> list[float]:
    """In a new chat each time, so that all prompts are of one length."""
    firsts = []
    for number in range(WARM_UP + rounds):
        question = f"{number}. {QUESTIONS[number % len(QUESTIONS)]}"
        firsts.append((await person.ask(await person.open_chat(), question)).first)
    return firsts[WARM_UP:]  # until then, slots were left by long chats


def _weigh(stage: Stage, table: str) -> float:
    ((weight,),) = stage.sql(
        f"SELECT pg_total_relation_size('{table}')::float8 / count(*) FROM {table}"
    )
    return float(str(weight))


async def _open(person: Person, chat: str, times: int) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        assert (await person.client.get(f"/chats/{chat}")).status_code == 200
        taken.append(time.perf_counter() - began)
    return taken
