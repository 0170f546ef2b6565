"""`/v1/responses` over a WebSocket, through the gateway: hostile frames, and a restart."""

import contextlib
import json
import re
import signal
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.chat_ui.programs import bearer, make_token
from tests.chat_ui.sockets import ask, read, read_all, read_error, refusal, talking, wait_for_end
from tests.support.local_stack import SMALL_MODEL, LocalStack
from tests.support.person import open_chat

CANARY = "zeisig"
LARGE, TOO_BIG = 10_000_000, 1009


@pytest.fixture
def program(parley: LocalStack, browser: httpx.Client) -> Iterator[httpx.Client]:
    """Has a token."""
    parley.wait_until_model_is_ready()
    open_chat(browser)
    with httpx.Client(base_url=parley.url, headers=bearer(make_token(browser)), timeout=60) as one:
        yield one


def text_of(events: list[Any]) -> str:
    return "".join(each["delta"] for each in events if each["type"].endswith(".delta"))


def measure_memory(parley: LocalStack) -> int:
    """What chat-ui has at most taken, in kilobytes."""
    status = Path(f"/proc/{parley.pid_of('chat-ui')}/status").read_text()
    (found,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(found)


def test_frames_of_10_megabytes_end_it_and_are_not_held(
    parley: LocalStack, program: httpx.Client
) -> None:
    with talking(program) as socket:
        socket.send("garbage")
        assert read_error(socket) == (400, "invalid_json", None)
    before = measure_memory(parley)
    for _ in range(8):
        with talking(program) as socket, contextlib.suppress(ConnectionClosed):
            socket.send("x" * LARGE)
            assert wait_for_end(socket) in (TOO_BIG, 1006)
        with talking(program) as socket:  # in pieces, of which each may be
            with contextlib.suppress(ConnectionClosed):
                socket.send("x" * 100_000 for _ in range(LARGE // 100_000))
            assert wait_for_end(socket) in (TOO_BIG, 1006)
    with talking(program) as socket:
        socket.socket.sendall(b"\x81\xff" + struct.pack("!Q", LARGE) + b"mask" + b"x" * 100)
        assert wait_for_end(socket) == TOO_BIG
    assert measure_memory(parley) - before < 20_000
    with talking(program) as socket:
        ask(socket, model=SMALL_MODEL, max_output_tokens=3)
        assert read_all(socket)[-1]["response"]["output"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_loses_nothing(
    parley: LocalStack, program: httpx.Client, how: signal.Signals
) -> None:
    with talking(program) as busy, talking(program) as idle:
        ask(busy, "Tell me a story about the sea.", model=SMALL_MODEL)
        events = [read(busy)]
        while len(text_of(events)) < 20:
            events.append(read(busy))
        parley.kill("chat-ui", how)
        codes = [wait_for_end(busy), wait_for_end(idle)]
        assert codes == [1012 if how == signal.SIGTERM else 1006] * 2
    parley.wait(parley.answers)
    address = f"/v1/responses/{events[0]['response']['id']}"
    params = {"stream": True, "starting_after": events[-1]["sequence_number"]}
    lines = program.get(address, params=params).text.split("\n")
    rest = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    whole = program.get(address).json()
    assert (len(text_of(rest)) > 20, rest[-1]["response"]) == (True, whole)
    assert text_of(events + rest) == whole["output"][0]["content"][0]["text"]
    with talking(program) as socket:
        ask(socket, "On.", model=SMALL_MODEL, previous_response_id=whole["id"], max_output_tokens=3)
        assert read_all(socket)[-1]["response"]["output"]


def test_what_is_asked_is_in_no_log(parley: LocalStack, program: httpx.Client) -> None:
    good = {"Authorization": program.headers["authorization"]}
    assert refusal(program, good, query=CANARY)[0] == 400
    with talking(program) as socket:
        for text in (CANARY, f'{{"type": "{CANARY}"}}', f'{{"{CANARY}": '):
            socket.send(text)
            read_error(socket)
        ask(socket, CANARY, model=SMALL_MODEL, max_output_tokens=3)
        read_all(socket)
        socket.socket.sendall(b"\xff\xff" + CANARY.encode())
        wait_for_end(socket)
    logs = {log.name: log.read_text(errors="replace") for log in parley.stack.logs.iterdir()}
    assert "GET /v1/responses 101" in logs["nginx.log"]
    assert [name for name, log in logs.items() if CANARY in log.lower()] == []
    assert [line for line in logs["chat-ui.log"].split("\n") if "connection open" in line] == []
