"""What tests of `/v1/responses` over a WebSocket do: connect as a program, ask, and read events."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

PATH = "/v1/responses"
PATIENCE = 30


@contextmanager
def talking(program: httpx.Client, **headers: str) -> Iterator[ClientConnection]:
    """A connection with this program's token, and with headers besides."""
    shown = {"Authorization": program.headers["authorization"]} | headers
    with _connect(program, shown) as socket:
        yield socket


def refusal(
    program: httpx.Client, headers: dict[str, str], name: str | None = None, query: str = ""
) -> tuple[int, Any]:
    """The status and the error with which a connection is refused; to another host name, if one
    is given."""
    with pytest.raises(InvalidStatus) as caught, _connect(program, headers, name, query):
        pass
    response = caught.value.response
    assert response.headers["x-request-id"]
    assert "set-cookie" not in response.headers
    return response.status_code, json.loads(response.body or b"")["error"]


def _connect(
    program: httpx.Client, headers: dict[str, str], name: str | None = None, query: str = ""
) -> ClientConnection:
    host, port = program.base_url.host, program.base_url.port
    return connect(
        f"ws://{name or host}:{port}{PATH}?{query}",
        address=(host, port),
        additional_headers=headers,
        proxy=None,
        open_timeout=PATIENCE,
    )


def ask(socket: ClientConnection, question: Any = "Hi", **fields: Any) -> None:
    event = {"type": "response.create", "model": "scripted", "input": question, **fields}
    socket.send(json.dumps(event))


def read(socket: ClientConnection) -> Any:
    """The next event."""
    return json.loads(socket.recv(PATIENCE))


def read_all(socket: ClientConnection) -> list[Any]:
    """Up to the end of a response, or to an error."""
    found = [read(socket)]
    while found[-1]["type"] != "error" and found[-1].get("response", {}).get("usage") is None:
        found.append(read(socket))
    return found


def answer(socket: ClientConnection, question: Any = "Hi", **fields: Any) -> Any:
    """The whole response."""
    ask(socket, question, **fields)
    return read_all(socket)[-1]["response"]


def read_error(socket: ClientConnection) -> tuple[int, str | None, str | None]:
    """The next event, which is an error: its status, code and param."""
    event = read(socket)
    assert event["type"] == "error", event
    assert {"message", "type", "param", "code"} <= set(event["error"])
    return event["status"], event["error"]["code"], event["error"]["param"]


def wait_for_end(socket: ClientConnection) -> int:
    """The code with which the other side ends it; what comes before is read."""
    try:
        while True:
            socket.recv(PATIENCE)
    except ConnectionClosed as ended:
        return ended.rcvd.code if ended.rcvd else 1006
