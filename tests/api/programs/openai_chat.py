"""OpenAI's own SDK, with nothing but its address and key: chat completions."""

import json
import os

from openai import OpenAI

client = OpenAI(max_retries=0)
model = os.environ["MODEL"]
question = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "What is the capital of France?"},
]
asked = {"model": model, "messages": question, "temperature": 0}

whole = client.chat.completions.create(**asked)
with client.chat.completions.create(
    **asked, stream=True, stream_options={"include_usage": True}
) as stream:
    chunks = list(stream)
short = client.chat.completions.create(**asked, max_tokens=2)
stopped = client.chat.completions.create(**asked, stop="France")

print(
    json.dumps(
        {
            "text": whole.choices[0].message.content,
            "tokens": whole.usage.completion_tokens,
            "streamed": "".join(c.choices[0].delta.content or "" for c in chunks if c.choices),
            "usage": chunks[-1].usage.completion_tokens,
            "pieces": len(chunks),
            "short": short.choices[0].finish_reason,
            "stopped": stopped.choices[0].message.content,
        }
    )
)
