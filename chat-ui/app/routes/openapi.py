"""Describes forms in the OpenAPI document; they are parsed by hand (`app.forms`)."""

from typing import Any


def form_body(**fields: str) -> dict[str, Any]:
    """`openapi_extra` for a form whose fields are given as name and description."""
    properties = {name: {"type": "string", "description": text} for name, text in fields.items()}
    schema = {"type": "object", "properties": properties, "required": [next(iter(fields))]}
    return {
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": schema}},
        }
    }
