"""OpenAI's SDK, unmodified, asks for each question that comes as a line of JSON, and resumes what
breaks off. It runs in an environment of its own and prints what it gets as lines of JSON."""

import json
import os
import sys
import time

from openai import APIError, APIStatusError, OpenAI

ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
PATIENCE, PAUSE = 120, 0.3  # seconds: for an answer, and before the next try


def tell(**told: object) -> None:
    print(json.dumps(told), flush=True)


def answer(client: OpenAI, asked: dict[str, str]) -> None:
    """Until its end, however often it breaks off."""
    response, number, text, resumed, end = "", -1, "", 0, ""
    deadline = time.monotonic() + PATIENCE
    while not end and time.monotonic() < deadline:
        try:
            if response:
                resumed += 1
                stream = client.responses.retrieve(response, stream=True, starting_after=number)
            else:
                # Until an id has come there is nothing to resume: the key leads to the same answer.
                stream = client.responses.create(
                    model=os.environ["MODEL"],
                    input=asked["question"],
                    background=True,
                    stream=True,
                    extra_headers={"Idempotency-Key": asked["key"]},
                )
            for event in stream:
                number = event.sequence_number
                if event.type == "response.created":
                    response = event.response.id
                elif event.type == "response.output_text.delta":
                    text += event.delta
                    tell(written=len(text))
                elif event.type in ENDS:
                    end = event.response.status
        except APIError as error:  # a connection that broke, or an event that says so
            if isinstance(error, APIStatusError) and error.status_code < 500:
                raise
            time.sleep(PAUSE)
    tell(id=response, text=text, resumed=resumed, status=end)


if __name__ == "__main__":
    with OpenAI() as client:
        for line in sys.stdin:
            answer(client, json.loads(line))
