"""What OpenAI's SDK makes of refusals: the class of its exception, and the error's code."""

import json
import os

from openai import APIStatusError, OpenAI

client = OpenAI(max_retries=0)
model = os.environ["MODEL"]
hi = [{"role": "user", "content": "Hi"}]


def refuse(**fields: object) -> list[object]:
    try:
        client.chat.completions.create(**{"model": model, "messages": hi, **fields})
    except APIStatusError as error:
        return [type(error).__name__, error.code, error.param]
    return ["nothing was refused"]


told = {
    "another model": refuse(model="gpt-5"),
    "n": refuse(n=100),
    "too long": refuse(messages=[{"role": "user", "content": "word " * 6000}]),
    "a parameter": refuse(logprobs=True),
}
client = OpenAI(max_retries=0, api_key="wrong")
told["another key"] = refuse()
print(json.dumps(told))
