"""What tests of `/api` do: one's own chats by a program."""

from typing import Any

import httpx


def get(script: httpx.Client, path: str, **params: Any) -> Any:
    """The answer, which is to be found."""
    return read(script.get(f"/api{path}", params=params), 200)


def post(script: httpx.Client, path: str, status: int = 201, **fields: Any) -> Any:
    """The same, of what is made."""
    return read(script.post(f"/api{path}", json=fields), status)


def read(response: httpx.Response, status: int) -> Any:
    """The body of an answer with this status."""
    assert response.status_code == status, response.text
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-request-id"]
    assert "set-cookie" not in response.headers
    return response.json() if response.content else None


def say(script: httpx.Client, prompt: str, chat: str = "", **fields: Any) -> Any:
    """Sends it, into a chat or to begin one, and waits for the reply."""
    path = f"/chats/{chat}/messages" if chat else "/chats"
    return post(script, path, prompt=prompt, **{"wait": 60, **fields})
