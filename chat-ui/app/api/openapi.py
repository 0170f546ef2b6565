"""What the OpenAPI document says of the API's errors."""

from typing import Any

from pydantic import BaseModel

from app.api.tools import MOST_TOOLS

MEANINGS = {
    400: "Something in the request can't be done as it is; `param` names it.",
    401: "No token, or one that is unknown, revoked or has expired.",
    403: "The token lacks the scope.",
    404: "There is nothing like that.",
    409: "It is not in a state for that; `code` says why.",
    413: "Over the limit.",
    415: "No file of the form is of a kind that can be read.",
    422: "The key came with another request before.",
    429: "Too much at once; `Retry-After` says when to try again.",
    503: "Something isn't available at the moment; `Retry-After` says when to try again.",
    507: "There is no room for more documents.",
}
SCHEMA = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                name: {"type": ["string", "null"]} for name in ("message", "type", "param", "code")
            },
        }
    },
}
FUNCTION = {
    "name": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$", "examples": ["get_weather"]},
    "description": {"type": "string", "examples": ["The weather in a city"]},
    "parameters": {"type": "object"},
    "strict": {"type": "boolean"},
}
CALL = {"type": "object", "required": ["id", "function"]}
FORMAT = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"enum": ["text", "json_object", "json_schema"]}},
}
CHOICE = {"anyOf": [{"enum": ["none", "auto", "required"]}, {"type": "object"}]}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route whose problems have these statuses."""
    content = {"application/json": {"schema": SCHEMA}}
    told: dict[int | str, str] = {status: MEANINGS[status] for status in sorted(statuses)}
    told["4XX"] = "Anything else that is refused."
    return {
        status: {"description": meaning, "content": content} for status, meaning in told.items()
    }


def chat_body() -> dict[str, Any]:
    """`openapi_extra` of chat completions, which are read by hand: what can't be done is refused by
    its name."""
    text, number, flag = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
    message = {
        "anyOf": [
            _object(role={"enum": ["user", "assistant", "system", "developer"]}, content=text),
            _object(role={"const": "assistant"}, tool_calls={"type": "array", "items": CALL}),
            _object(role={"const": "tool"}, tool_call_id=text, content=text),
        ]
    }
    function = {"type": "object", "required": ["name"], "properties": FUNCTION}
    tool = _object(type={"enum": ["function"]}, function=function)
    properties = {
        "model": text,
        "messages": {"type": "array", "items": message, "minItems": 1},
        "stream": flag,
        "stream_options": {"type": "object", "properties": {"include_usage": flag}},
        "temperature": number,
        "top_p": number,
        "seed": {"type": "integer"},
        "stop": {"type": "array", "items": text},
        "max_tokens": {"type": "integer"},
        "max_completion_tokens": {"type": "integer"},
        "n": {"type": "integer", "enum": [1]},
        "response_format": FORMAT,
        "tools": {"type": "array", "items": tool, "maxItems": MOST_TOOLS},
        "tool_choice": CHOICE,
        "parallel_tool_calls": flag,
    }
    return _body(properties, ["model", "messages"])


def response_body() -> dict[str, Any]:
    """`openapi_extra` of responses, read by hand as well."""
    text, number, flag = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
    call = {"type": {"const": "function_call"}, "call_id": text, "name": text, "arguments": text}
    result = {"type": {"const": "function_call_output"}, "call_id": text, "output": text}
    roles = {"enum": ["user", "assistant", "system", "developer"]}
    item = {"anyOf": [_object(role=roles, content=text), _object(**call), _object(**result)]}
    tool = {
        "type": "object",
        "required": ["type", "name"],
        "properties": {"type": {"enum": ["function"]}, **FUNCTION},
    }
    properties = {
        "model": text,
        "input": {"anyOf": [text, {"type": "array", "items": item, "minItems": 1}]},
        "instructions": text,
        "stream": flag,
        "background": flag,
        "store": flag,
        "previous_response_id": text,
        "max_output_tokens": {"type": "integer"},
        "temperature": number,
        "top_p": number,
        "metadata": {"type": "object", "additionalProperties": text},
        "text": {"type": "object", "properties": {"format": FORMAT}},
        "tools": {"type": "array", "items": tool, "maxItems": MOST_TOOLS},
        "tool_choice": CHOICE,
        "parallel_tool_calls": flag,
    }
    return _body(properties, ["model", "input"])


def embeddings_body() -> dict[str, Any]:
    """`openapi_extra` of embeddings, read by hand as well."""
    text = {"type": "string"}
    properties = {
        "model": text,
        "input": {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]},
        "encoding_format": {"enum": ["float", "base64"]},
    }
    return _body(properties, ["model", "input"])


def model_body(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a body that is read by this model."""
    schema = model.model_json_schema()
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": bool(schema.get("required")), "content": content}}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
