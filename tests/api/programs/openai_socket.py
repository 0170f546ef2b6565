"""OpenAI's SDK asks for responses over a WebSocket. In the middle of one it ends the process with
the pid that is its first argument, by the signal that is the second."""

import json
import os
import signal
import sys
import time

from openai import APIConnectionError, APIStatusError, OpenAI

client, model = OpenAI(), os.environ["MODEL"]
QUESTION = "What is the capital of France?"
ASKED = {"model": model, "input": QUESTION, "instructions": "You are a helpful assistant."}
ENDS = ("response.completed", "response.incomplete", "response.failed", "error")


def read(connection) -> list:
    found = []
    for event in connection:
        found.append(event)
        if event.type in ENDS:
            break
    return found


def join(found: list) -> str:
    return "".join(each.delta for each in found if each.type == "response.output_text.delta")


def resume(response_id: str, after: int) -> list:
    """Once there is somebody who answers."""
    for _ in range(60):
        try:
            return list(client.responses.retrieve(response_id, stream=True, starting_after=after))
        except (APIConnectionError, APIStatusError):
            time.sleep(1)
    raise SystemExit("nobody answers")


whole = client.responses.create(**ASKED)
with client.responses.connect() as connection:
    connection.response.create(**ASKED, store=False)
    first = read(connection)
    response = first[-1].response
    connection.response.create(
        model=model, input="And of Spain?", previous_response_id=response.id, max_output_tokens=3
    )
    second = read(connection)
    connection.response.create(**ASKED, previous_response_id=f"resp_{'0' * 32}")
    (refused,) = read(connection)
    connection.response.create(**ASKED, stream_id="another")
    (unsupported,) = read(connection)

codes = []


def ask_again(event) -> None:
    """What is sent meanwhile is asked on the new connection."""
    if not codes:
        connection.response.create(model=model, input=QUESTION, max_output_tokens=3)
    codes.append(event.close_code)


with client.responses.connect(on_reconnecting=ask_again, max_retries=20) as connection:
    connection.response.create(model=model, input="Tell me a story about the sea.", temperature=0)
    seen = []
    for event in connection:
        seen.append(event)
        if len(join(seen)) > 20:
            break
    os.kill(int(sys.argv[1]), signal.Signals[sys.argv[2]])
    for event in connection:
        if codes:
            break
        seen.append(event)
    another = [event, *read(connection)]
known = seen[0].response.id
rest = resume(known, seen[-1].sequence_number)
stored = client.responses.retrieve(known)

told = {
    "text": whole.output_text,
    "first": join(first),
    "kept": response.output_text,
    "second": [second[-1].type, second[-1].response.previous_response_id == response.id],
    "refused": [refused.status, refused.error.code, refused.error.param],
    "unsupported": [unsupported.status, unsupported.error.code, unsupported.error.param],
    "codes": codes,
    "another": [another[0].type, another[-1].type],
    "joined": join(seen) + join(rest),
    "stored": stored.output_text,
    "pieces": [len(seen), len(rest)],
}
print(json.dumps(told))
