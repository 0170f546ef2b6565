"""litellm: a completion, streamed and not, and embeddings."""

import json
import os

import litellm

model, vectors = f"openai/{os.environ['MODEL']}", f"openai/{os.environ['VECTORS']}"
where = {"api_base": os.environ["OPENAI_BASE_URL"], "api_key": os.environ["OPENAI_API_KEY"]}
messages = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "What is the capital of France?"},
]
asked = {"model": model, "messages": messages, "temperature": 0, **where}
whole = litellm.completion(**asked)
chunks = litellm.completion(**asked, stream=True)
made = litellm.embedding(model=vectors, input=["one", "two"], **where)
print(
    json.dumps(
        {
            "text": whole.choices[0].message.content,
            "streamed": "".join(chunk.choices[0].delta.content or "" for chunk in chunks),
            "vectors": [each["embedding"] for each in made.data],
        }
    )
)
