"""OpenAI's SDK asks for more than can be written at once, and waits in the queue with streams."""

import json
import os

from openai import OpenAI

client, model = OpenAI(), os.environ["MODEL"]
QUESTION = "What is the capital of France?"
BUSY = 12  # more than run at once

raw = client.responses.with_raw_response
before = [
    raw.create(model=model, input=f"Count to {number}00.", background=True)
    for number in range(BUSY)
]
events = list(client.responses.create(model=model, input=QUESTION, stream=True))
others = [
    raw.create(model=model, input=f"Count to {number}000.", background=True)
    for number in range(BUSY)
]
messages = [{"role": "user", "content": QUESTION}]
chunks = client.chat.completions.with_raw_response.create(
    model=model, messages=messages, stream=True
)
pieces = [chunk.choices[0].delta.content or "" for chunk in chunks.parse() if chunk.choices]
told = {
    "positions": [each.headers.get("x-queue-position") for each in before],
    "left": before[-1].headers.get("x-ratelimit-remaining-requests"),
    "kinds": [event.type for event in events],
    "queued": events[1].queue_position,
    "position": chunks.headers.get("x-queue-position"),
    "text": "".join(pieces),
    "end": f"response.{events[-1].response.status}",
}
for each in before + others:
    client.responses.delete(each.parse().id)
print(json.dumps(told))
