"""Programs whose answers have to fit a schema, while what writes them is killed: they are written
again from their beginning, and nobody sees a part of one."""

import asyncio
import json
from typing import Any

from faults.program import Answer, Program
from faults.scenarios.programs import STORED, is_busy
from faults.terminal import say
from faults.trial import Trial

EARLIEST, LATEST = 0.2, 1.2  # seconds after the model has begun; an answer takes about two
SERVICES = ("lm-api", "chat-ui")
LENGTHS, COUNT, HIGHEST = (60, 100), 30, 99
TOKENS = 640  # more than anything that fits has, also in letters of three tokens each
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "story": {"type": "string", "minLength": LENGTHS[0], "maxLength": LENGTHS[1]},
        "numbers": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0, "maximum": HIGHEST},
            "minItems": COUNT,
            "maxItems": COUNT,
        },
    },
    "required": ["story", "numbers"],
    "additionalProperties": False,
}
FORMAT = {
    "response_format": {"type": "json_schema", "json_schema": {"name": "story", "schema": SCHEMA}}
}
FUNCTION = {"name": "tell", "strict": True, "parameters": SCHEMA}
CALL = {"tools": [{"type": "function", "function": FUNCTION}], "tool_choice": "required"}


async def kill_services(trial: Trial) -> None:
    """Until `trial.size` kills fell into an answer, of lm-api and chat-ui in turn; half of the
    answers are calls, and half are streamed."""
    person = trial.browser()
    await person.open_chat()
    program, answers, kills = await Program.begin(person, trial.parley.url), list[Answer](), 0
    while kills < trial.size:
        number = len(answers)
        asking = asyncio.create_task(
            program.ask(
                trial.prompt(),
                streams=number % 4 < 2,
                more={"max_tokens": TOKENS, **(CALL if number % 3 == 0 else FORMAT)},
            )
        )
        while not asking.done() and not await is_busy(trial):
            await asyncio.sleep(0.005)
        await asyncio.wait({asking}, timeout=trial.rng.uniform(EARLIEST, LATEST))
        if not asking.done():
            service = SERVICES[kills % len(SERVICES)]
            before = trial.kill(service)
            kills += 1
            answers.append(await asking)
            await trial.parley.wait_until_replaced(service, before)
            await trial.parley.wait_until_well()
            say(f"  {kills}/{trial.size}: {service}, {len(answers[-1].seen)} retries")
        else:
            answers.append(await asking)
    await program.close()
    trial.found.counts["answers"] += len(answers)
    trial.found.counts["retries"] += sum(len(answer.seen) for answer in answers)
    for answer in answers:
        _check(trial, answer)


def _check(trial: Trial, answer: Answer) -> None:
    rows = trial.parley.sql(STORED, answer.question)
    if len(rows) != 1:
        trial.found.violate("I4", f"{answer.question!r} has {len(rows)} answers")
        return
    ((stored, state, *_),) = rows
    if state != "complete":
        trial.found.violate("I2", f"the answer to {answer.question!r} is {state}")
    if answer.text not in stored:
        trial.found.violate("join", f"{answer.text!r} was sent, and {stored!r} is stored")
    for seen in answer.seen:
        if seen not in ("", answer.text):
            trial.found.violate("I3", f"{seen!r} was seen, which is not whole")
    if not _fits(answer.text):
        trial.found.violate("answer", f"{answer.text!r} doesn't fit its schema")


def _fits(text: str) -> bool:
    try:
        told = json.loads(text)
        story, numbers = told["story"], told["numbers"]
    except (ValueError, TypeError, KeyError):
        return False
    shortest, longest = LENGTHS
    return (
        len(told) == 2
        and isinstance(story, str)
        and shortest <= len(story) <= longest
        and len(numbers) == COUNT
        and all(isinstance(each, int) and 0 <= each <= HIGHEST for each in numbers)
    )
