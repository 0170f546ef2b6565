"""What a first message costs the model in reading: nothing is hidden, and nothing is long."""

from bench.figures import Found, Row
from bench.options import Size
from bench.person import visit
from bench.stage import Stage

MESSAGE = "Hi, what is an API?"
GOAL = 40


async def measure(stage: Stage, size: Size) -> Found:
    """The model's own count for a first message, less the tokens of its text."""
    async with visit(stage.url) as person, stage.bare() as bare:
        chat = await person.open_chat()
        await person.ask(chat, MESSAGE)
        sent = (await person.read_reply(chat))["prompt_tokens"]
        beyond = sent - await bare.count(MESSAGE)
    row = Row(
        f"prompt tokens sent for “{MESSAGE}” as first message, beyond the message",
        f"≤ {GOAL}",
        f"{beyond} (of {sent}: system prompt, opening message and the template)",
        beyond <= GOAL,
    )
    return Found([row])
