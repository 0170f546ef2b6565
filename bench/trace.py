"""`python -m bench.trace`: where the milliseconds of a first word go, from live requests.

Every service tells in Server-Timing what a request cost it; chat-ui passes on what db-api told. The
reply's own row has the time from its claim to the model's first token. What is left is storing that
word and bringing it to the browser.
"""

import asyncio
import re
import statistics
import sys
import time
import uuid

from faults.machine import describe_machine

from bench.person import ARTICLE, Person, says_something, visit
from bench.rows.first_word import QUESTIONS
from bench.stage import open_stage

SENDS, WARM_UP = 20, 3
METRIC = re.compile(r'([\w-]+);dur=([\d.]+)(?:;desc="(\d+))?')


async def measure(person: Person, number: int) -> dict[str, float]:
    """One send, in milliseconds by what took them."""
    chat = await person.open_chat()
    await asyncio.sleep(0.3)  # what opening it set off has ended
    text = f"{number}. {QUESTIONS[number % len(QUESTIONS)]}"
    began = time.perf_counter()
    answer = await person.client.post(
        f"/generate/{chat}",
        data={"prompt": text, "client_key": uuid.uuid4().hex},
        headers={"HX-Request": "true"},
    )
    answered = (time.perf_counter() - began) * 1000
    found = ARTICLE.search(answer.text)
    assert found, answer.text
    first = 0.0
    async for event, data in person.watch(chat, int(found[2]) - 1, found[1]):
        if not first and says_something(event, data, found[1]):
            first = (time.perf_counter() - began) * 1000
    told = {
        name: (float(ms), count)
        for name, ms, count in METRIC.findall(answer.headers["server-timing"])
    }
    reply = (await person.read_export(chat))["messages"][-1]["reply"]
    sql, round_trips = told["sql"]
    return {
        "to nginx, to chat-ui and back": answered - told["chat-ui"][0],
        "in chat-ui": told["chat-ui"][0] - told["db-api"][0],
        "in db-api": told["db-api"][0] - sql,
        f"in PostgreSQL, {round_trips} round trips": sql,
        "the model, until its first token": reply["first_token_ms"],
        "storing it, and on its way": first - answered - reply["first_token_ms"],
        "first word": first,
    }


async def main() -> int:
    """Prints the table: medians over some sends, each in a new chat."""
    async with open_stage(reply_tokens=8) as stage, visit(stage.url) as person:
        seen = [await measure(person, number) for number in range(WARM_UP + SENDS)][WARM_UP:]
    print(f"{describe_machine()}; medians of {SENDS} sends, in ms\n")
    print("| part of a first word | ms |\n|---|---|")
    for part in seen[0]:
        print(f"| {part} | {statistics.median(each[part] for each in seen):.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
