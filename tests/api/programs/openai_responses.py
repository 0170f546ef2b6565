"""OpenAI's SDK asks for responses, streams, resumes, continues, cancels and deletes them."""

import json
import os

from openai import BadRequestError, NotFoundError, OpenAI

client, model = OpenAI(), os.environ["MODEL"]
QUESTION = "What is the capital of France?"

ASKED = {"model": model, "input": QUESTION, "instructions": "You are a helpful assistant."}

whole = client.responses.create(**ASKED)
events = list(client.responses.create(**ASKED, stream=True, background=True))
middle = events[len(events) // 2].sequence_number
seen = [event for event in events if event.sequence_number <= middle]
rest = list(client.responses.retrieve(events[0].response.id, stream=True, starting_after=middle))
second = client.responses.create(
    model=model, input="And of Spain?", previous_response_id=whole.id, max_output_tokens=3
)
waiting = client.responses.create(model=model, input="Count to 1000.", background=True)
cancelled = [client.responses.cancel(waiting.id).status for _ in range(2)]
items = client.responses.input_items.list(second.id).data
client.responses.delete(whole.id)
refused = []
for ask in (
    lambda: client.responses.retrieve(whole.id),
    lambda: client.responses.create(model=model, input="Hi", previous_response_id=whole.id),
):
    try:
        ask()
    except (NotFoundError, BadRequestError) as error:
        refused.append([type(error).__name__, error.code])


def join(found: list) -> str:
    return "".join(each.delta for each in found if each.type == "response.output_text.delta")


told = {
    "text": whole.output_text,
    "streamed": join(events),
    "resumed": join(seen) + join(rest),
    "last": [events[-1].type, rest[-1].type],
    "second": [second.status, second.incomplete_details.reason],
    "items": [each.content[0].text for each in items],
    "cancelled": cancelled,
    "refused": refused,
}
print(json.dumps(told))
