"""What tests of the API for programs do: make tokens as a person does, and call with them."""

import re
from typing import Any

import httpx

from tests.chat_ui.support import expect

PATH = "/v1/chat/completions"
HI: list[Any] = [{"role": "user", "content": "Hi"}]


SCOPES = ["chat", "read", "documents"]


def make_token(browser: httpx.Client, name: str = "Editor", **fields: Any) -> str:
    """A token of this browser's session, as its page shows it once."""
    form = {"name": name, "scopes": "chat", **fields}
    page = expect(browser.post("/settings/tokens", data=form), 200, "Copy it now")
    (token,) = re.findall(r"<code>([\w-]+\.[\w-]+\.[\w-]+)</code>", page)
    return str(token)


def bearer(token: str) -> dict[str, str]:
    """The header that shows it."""
    return {"Authorization": f"Bearer {token}"}


def refused(response: httpx.Response, status: int, code: str | None, words: str = "") -> str | None:
    """The error's `param`; the error has OpenAI's shape, with this status, code and words."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"]
    assert "set-cookie" not in response.headers
    (error,) = response.json().values()
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["code"], words in error["message"]) == (code, True), error
    param: str | None = error["param"]
    return param


def ask(program: httpx.Client, messages: list[Any] = HI, **fields: Any) -> httpx.Response:
    return program.post(PATH, json={"model": "scripted", "messages": messages, **fields})


def answer(program: httpx.Client, messages: list[Any] = HI, **fields: Any) -> Any:
    response = ask(program, messages, **fields)
    assert response.status_code == 200, response.text
    return response.json()
