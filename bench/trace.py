"""`python -m bench.trace`: where the milliseconds of a first word go, from live requests.

Every service tells in Server-Timing what a request cost it; chat-ui passes on what db-api told. The
reply's own row has the time from its claim to the model's first token. What is left is storing that
word and bringing it to the browser.
"""

import asyncio
import re
import statistics

from faults.machine import describe_machine

from bench.person import Person, question, visit
from bench.stage import open_stage

SENDS, WARM_UP = 20, 3
METRIC = re.compile(r'([\w-]+);dur=([\d.]+)(?:;desc="(\d+))?')


async def measure(person: Person, number: int) -> dict[str, float]:
    """One send, in milliseconds by what took them."""
    chat = await person.open_chat()
    await asyncio.sleep(0.3)  # what opening it set off has ended
    timing = await person.ask(chat, question(number))
    answered, first = timing.answered * 1000, timing.first * 1000
    told = {name: (float(ms), count) for name, ms, count in METRIC.findall(timing.told)}
    sql, round_trips = told["sql"]
    model = (await person.read_reply(chat))["first_token_ms"]
    return {
        "to nginx, to chat-ui and back": answered - told["chat-ui"][0],
        "in chat-ui": told["chat-ui"][0] - told["db-api"][0],
        "in db-api": told["db-api"][0] - sql,
        f"in PostgreSQL, {round_trips} round trips": sql,
        "the model, until its first token": model,
        "storing it, and on its way": first - answered - model,
        "first word": first,
    }


async def main() -> None:
    """Prints the table: medians over some sends, each in a new chat."""
    async with open_stage(reply_tokens=8, TIMINGS="on") as stage, visit(stage.url) as person:
        seen = [await measure(person, number) for number in range(WARM_UP + SENDS)][WARM_UP:]
    print(f"{describe_machine()}; medians of {SENDS} sends, in ms\n")
    print("| part of a first word | ms |\n|---|---|")
    for part in seen[0]:
        print(f"| {part} | {statistics.median(each[part] for each in seen):.1f} |")


if __name__ == "__main__":
    asyncio.run(main())
