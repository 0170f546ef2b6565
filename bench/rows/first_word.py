"""How long until the first word, through everything and from the bare server, in turn."""

from faults.bare import make_prompt

from bench.figures import Found, Row, in_ms, percentile
from bench.options import Size
from bench.person import question, visit
from bench.stage import Stage

WARM_UP = 3
P50_GOAL, P95_GOAL = 0.010, 0.025


async def measure(stage: Stage, size: Size) -> Found:
    """New chats, one question each; the bare server gets the same prompt right afterwards."""
    ours, theirs = [], []
    async with visit(stage.url) as person, stage.bare() as bare:
        salt = await person.read_salt(await person.open_chat())
        for number in range(WARM_UP + size.rounds):
            chat = await person.open_chat()
            ours.append((await person.ask(chat, question(number))).first)
            prompt = make_prompt(await person.read_export(chat), salt=salt)
            theirs.append((await bare.ask(prompt)).first)
    del ours[:WARM_UP], theirs[:WARM_UP]
    # Of each side by itself: pairs would add the noise of the one to that of the other.
    p50, p95 = (percentile(ours, each) - percentile(theirs, each) for each in (50, 95))
    row = Row(
        "first word through the whole stack, minus bare, p50 / p95",
        "≤ 10 ms / ≤ 25 ms",
        f"{p50 * 1000:.1f} / {p95 * 1000:.1f} ms; stack {in_ms(ours)}, bare {in_ms(theirs)}",
        p50 <= P50_GOAL and p95 <= P95_GOAL,
    )
    return Found([row])
