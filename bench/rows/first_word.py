"""How long until the first word, through everything and from the bare server, in turn."""

from faults.bare import make_prompt

from bench.figures import Found, Row, in_ms, pairwise, percentile
from bench.options import Size
from bench.person import visit
from bench.stage import Stage

WARM_UP = 3
P50_GOAL, P95_GOAL = 0.010, 0.025
QUESTIONS = (
    "What is the sea?",
    "Name a colour and say why.",
    "Why is the sky blue?",
    "Tell me about dogs.",
    "How do birds fly?",
    "What is bread made of?",
)


async def measure(stage: Stage, size: Size) -> Found:
    """New chats, one question each; the bare server gets the same prompt right afterwards."""
    ours, theirs = [], []
    async with visit(stage.url) as person, stage.bare() as bare:
        for number in range(WARM_UP + size.rounds):
            chat = await person.open_chat()
            # Numbered, so that no cache knows the whole of it.
            mine = await person.ask(chat, f"{number}. {QUESTIONS[number % len(QUESTIONS)]}")
            prompt = make_prompt(await person.read_export(chat))
            bares = (await bare.ask(prompt)).timing
            if number >= WARM_UP:
                ours.append(mine.first)
                theirs.append(bares.first)
    # Of each side by itself: pairs would add the noise of the one to that of the other.
    p50, p95 = (percentile(ours, each) - percentile(theirs, each) for each in (50, 95))
    pairs = pairwise(ours, theirs)
    rows = [
        Row(
            "first word through the whole stack, minus bare, p50 / p95",
            "≤ 10 ms / ≤ 25 ms",
            f"{p50 * 1000:.1f} / {p95 * 1000:.1f} ms; stack {in_ms(ours)}, bare {in_ms(theirs)};"
            f" median of the pairs' differences {percentile(pairs, 50) * 1000:.1f} ms",
            p50 <= P50_GOAL and p95 <= P95_GOAL,
        )
    ]
    return Found(rows)
