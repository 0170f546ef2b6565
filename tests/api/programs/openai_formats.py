"""OpenAI's own SDK: replies that fit a schema, and functions that are called."""

import json
import os

from openai import BadRequestError, OpenAI, pydantic_function_tool
from pydantic import BaseModel, Field


class City(BaseModel):
    name: str = Field(max_length=30)
    inhabitants: int = Field(ge=0, le=100_000_000)
    capital_of: str | None = Field(max_length=30)


class Loop(BaseModel):
    inner: "Loop | None"


class GetWeather(BaseModel):
    """The weather in a city."""

    city: str = Field(max_length=30)


client = OpenAI(max_retries=0)
model = os.environ["MODEL"]
asked = {"model": model, "messages": [{"role": "user", "content": "Tell me about Paris."}]}

whole = client.chat.completions.parse(**asked, response_format=City)
with client.chat.completions.stream(**asked, response_format=City) as stream:
    streamed = stream.get_final_completion()
response = client.responses.parse(model=model, input="Tell me about Paris.", text_format=City)
try:
    client.chat.completions.parse(**asked, response_format=Loop)
    refused = None
except BadRequestError as error:
    refused = error.param

tools = {"tools": [pydantic_function_tool(GetWeather)]}
called = client.chat.completions.parse(**asked, **tools, tool_choice="required").choices[0]
(call,) = called.message.tool_calls
with client.chat.completions.stream(**asked, **tools, tool_choice="required") as stream:
    (again,) = stream.get_final_completion().choices[0].message.tool_calls
messages = [
    *asked["messages"],
    called.message,
    {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 21 °C"},
]
answered = client.chat.completions.create(model=model, messages=messages, **tools).choices[0]

flat = {
    "tools": [{"type": "function", "name": "GetWeather", "parameters": City.model_json_schema()}]
}
with client.responses.stream(
    model=model, input="How is it in Paris?", **flat, tool_choice="required"
) as events:
    kinds = [event.type for event in events]
    first = events.get_final_response()
(item,) = first.output
output = {"type": "function_call_output", "call_id": item.call_id, "output": "Sunny, 21 °C"}
second = client.responses.create(
    model=model, input=[output], previous_response_id=first.id, **flat, tool_choice="none"
)
print(
    json.dumps(
        {
            "parsed": [
                type(found).__name__
                for found in (
                    whole.choices[0].message.parsed,
                    streamed.choices[0].message.parsed,
                    response.output_parsed,
                )
            ],
            "refused": refused,
            "called": [call.function.name, called.finish_reason],
            "arguments": [type(each.function.parsed_arguments).__name__ for each in (call, again)],
            "answered": answered.finish_reason,
            "kinds": [kind for kind in kinds if "function_call" in kind],
            "item": [item.type, item.name, City.model_validate_json(item.arguments) is not None],
            "second": [second.status in ("completed", "incomplete"), second.output[0].type],
        }
    )
)
