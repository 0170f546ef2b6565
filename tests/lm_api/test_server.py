"""The real server with a real (small) model: the part of its HTTP API that Parley relies on."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.lm_server import LmServer, run_lm_server

QUESTION = {"role": "user", "content": "Tell me three facts about the moon."}


@pytest.fixture
def client(lm_server: LmServer) -> Iterator[httpx.Client]:
    # A connection a streamed answer came over may be closed by the server: never use one again.
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(
        base_url=lm_server.url, headers=lm_server.headers, limits=limits, timeout=60
    ) as client:
        yield client


def stream(client: httpx.Client, **body: Any) -> list[dict[str, Any]]:
    """The chunks of a streamed chat completion, always the same for the same prompt."""
    body = {"stream": True, "temperature": 0, "max_tokens": 24} | body
    chunks = []
    with client.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                chunks.append(json.loads(line.removeprefix("data: ")))
    return chunks


def deltas(chunks: list[dict[str, Any]]) -> list[str]:
    found = [choice["delta"].get("content") for c in chunks for choice in c["choices"]]
    return [text for text in found if text]


def test_a_chat_completion_streams_word_by_word(client: httpx.Client) -> None:
    chunks = stream(client, messages=[QUESTION], stream_options={"include_usage": True})
    assert len(deltas(chunks)) > 10
    assert "moon" in "".join(deltas(chunks)).lower()
    assert chunks[-1]["usage"]["completion_tokens"] == 24
    assert {chunk["model"] for chunk in chunks} == {"smollm2-135m-instruct"}


def test_a_prefilled_reply_goes_on_as_if_never_interrupted(client: httpx.Client) -> None:
    whole = deltas(stream(client, messages=[QUESTION]))
    begun = "".join(whole[:9])
    rest = deltas(
        stream(
            client,
            messages=[QUESTION, {"role": "assistant", "content": begun}],
            continue_final_message=True,
            add_generation_prompt=False,
            max_tokens=12,
        )
    )
    assert len(rest) > 9
    assert "".join(whole).startswith(begun + "".join(rest))


def test_a_second_turn_reads_only_what_is_new(client: httpx.Client) -> None:
    first = stream(client, messages=[QUESTION])
    turn = [QUESTION, {"role": "assistant", "content": "".join(deltas(first))}]
    turn.append({"role": "user", "content": "And the sun?"})
    usage = stream(client, messages=turn, stream_options={"include_usage": True})[-1]["usage"]
    assert usage["prompt_tokens"] - usage["prompt_tokens_details"]["cached_tokens"] < 30


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/metrics", "/props"])
def test_without_the_key_nothing_answers(lm_server: LmServer, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        method = "POST" if path.endswith("completions") else "GET"
        answer = httpx.request(method, lm_server.url + path, headers=headers)
        assert answer.status_code == 401


def test_health_needs_no_key(lm_server: LmServer) -> None:
    assert httpx.get(f"{lm_server.url}/health").json() == {"status": "ok"}


def test_there_is_no_web_page(client: httpx.Client) -> None:
    assert client.get("/").status_code == 404
    assert client.get("/index.html").status_code == 404


def test_nobody_can_look_into_the_slots(client: httpx.Client) -> None:
    answer = client.get("/slots")
    assert answer.status_code == 501
    assert answer.json()["error"]["type"] == "not_supported_error"


def test_metrics_are_told(client: httpx.Client) -> None:
    assert "llamacpp:requests_deferred" in client.get("/metrics").text


def test_slots_and_context_are_as_set(client: httpx.Client) -> None:
    props = client.get("/props").json()
    assert props["total_slots"] == 8
    assert props["default_generation_settings"]["n_ctx"] == 4096


def test_a_prompt_that_is_too_long_is_refused_with_its_size(client: httpx.Client) -> None:
    question = {"role": "user", "content": "word " * 5000}
    body = {"messages": [question], "stream": True}
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "exceed_context_size_error"
    assert error["n_prompt_tokens"] > error["n_ctx"] == 4096


def test_what_people_write_never_reaches_the_log(lm_server: LmServer, client: httpx.Client) -> None:
    secret = {"role": "user", "content": "My password is Xyzzyplugh99."}
    stream(client, messages=[secret])
    log = lm_server.log.read_text()
    assert "Xyzzyplugh99" not in log
    assert "processing task" in log  # the log does tell of the request


def test_it_stops_at_once_even_while_it_writes(tmp_path: Path) -> None:
    with run_lm_server(tmp_path, LM_SLOTS="1", LM_CONTEXT="2048") as server:
        body = {"messages": [QUESTION], "stream": True, "max_tokens": 2000, "ignore_eos": True}
        with (
            httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client,
            client.stream("POST", "/v1/chat/completions", json=body) as answer,
        ):
            next(answer.iter_lines())
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(20) == 0
            assert time.monotonic() - began < 4


def test_a_port_in_use_is_an_error_and_no_hanging(lm_server: LmServer, tmp_path: Path) -> None:
    taken = lm_server.url.rsplit(":", 1)[1]
    with pytest.raises(RuntimeError, match="couldn't bind"):
        ExitStack().enter_context(run_lm_server(tmp_path, PORT=taken))
