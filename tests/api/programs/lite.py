"""litellm: a completion, streamed and not, what it calls and what fits a schema, and embeddings."""

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
parameters = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 30}},
    "required": ["name"],
}
tools = [{"type": "function", "function": {"name": "City", "parameters": parameters}}]
choice = {"type": "function", "function": {"name": "City"}}
called = litellm.completion(**asked, tools=tools, tool_choice=choice).choices[0].message
schema = {"type": "json_schema", "json_schema": {"name": "City", "schema": parameters}}
fits = json.loads(litellm.completion(**asked, response_format=schema).choices[0].message.content)
made = litellm.embedding(model=vectors, input=["one", "two"], **where)
print(
    json.dumps(
        {
            "text": whole.choices[0].message.content,
            "streamed": "".join(chunk.choices[0].delta.content or "" for chunk in chunks),
            "called": [call.function.name for call in called.tool_calls],
            "fits": "City" if list(fits) == ["name"] else fits,
            "vectors": [each["embedding"] for each in made.data],
        }
    )
)
