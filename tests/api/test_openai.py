"""OpenAI's own SDK, unmodified."""

import pytest

from tests.api.conftest import VECTORS, Run
from tests.support.embedding_model import SIZE
from tests.support.local_stack import LocalStack


def test_chat_completions(run: Run) -> None:
    told = run("openai_chat")
    assert "Paris" in told["text"]
    assert told["streamed"] == told["text"]
    assert told["usage"] == told["tokens"]
    assert told["pieces"] > 3, "its words come in pieces"
    assert told["short"] == "length"
    assert told["stopped"] == told["text"].partition("France")[0]


def test_responses(run: Run) -> None:
    told = run("openai_responses")
    assert "Paris" in told["text"]
    assert told["streamed"] == told["resumed"] == told["text"]
    assert told["last"] == ["response.completed"] * 2
    assert told["second"] == ["incomplete", "max_output_tokens"]
    assert told["items"] == ["And of Spain?"]
    assert told["cancelled"][0] == told["cancelled"][1]
    assert told["refused"] == [
        ["NotFoundError", "not_found"],
        ["BadRequestError", "previous_response_not_found"],
    ]


@pytest.mark.parametrize(("how", "code"), [("SIGTERM", 1012), ("SIGKILL", 1006)])
def test_responses_over_a_websocket_survive_a_restart(
    run: Run, parley: LocalStack, how: str, code: int
) -> None:
    told = run("openai_socket", str(parley.pid_of("chat-ui")), how)
    assert told["first"] == told["kept"] == told["text"]
    assert told["second"] == ["response.incomplete", True]
    assert told["refused"] == [400, "previous_response_not_found", "previous_response_id"]
    assert told["unsupported"] == [400, "unsupported_parameter", "stream_id"]
    assert told["codes"][0] == code
    assert told["another"] == ["response.created", "response.incomplete"]
    assert told["joined"] == told["stored"]
    assert told["pieces"][1] > 1, "it was continued"


def test_formats_and_functions(run: Run) -> None:
    told = run("openai_formats")
    assert told["parsed"] == ["City"] * 3
    assert told["refused"] is not None
    assert told["called"] == ["GetWeather", "tool_calls"]
    assert told["arguments"] == ["GetWeather"] * 2
    assert told["answered"] in ("stop", "tool_calls", "length")
    assert told["kinds"] == [
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
    ]
    assert told["item"] == ["function_call", "GetWeather", True]
    assert told["second"] == [True, "message"]


def test_what_waits_in_the_queue_is_read_as_ever(run: Run) -> None:
    told = run("openai_queue")
    assert [position for position in told["positions"] if position], "some wait"
    assert min(int(told["position"]), told["queued"]) >= 1, "and so do the streams"
    assert told["left"] is not None
    begin = [f"response.{kind}" for kind in ("created", "queued", "in_progress")]
    assert (told["kinds"][:3], told["kinds"][-1]) == (begin, told["end"])
    assert told["text"]


def test_refusals_become_its_exceptions(run: Run) -> None:
    assert run("openai_errors") == {
        "another model": ["NotFoundError", "model_not_found", "model"],
        "n": ["BadRequestError", "invalid_value", "n"],
        "too long": ["BadRequestError", "context_length_exceeded", "messages"],
        "a parameter": ["BadRequestError", "unsupported_parameter", "logprobs"],
        "another key": ["AuthenticationError", "invalid_api_key", None],
    }


def test_models_and_embeddings(run: Run) -> None:
    told = run("openai_vectors")
    assert VECTORS in told["models"]
    assert [len(vector) for vector in told["plain"]] == [SIZE, SIZE]
    for usual, plain in zip(told["usual"], told["plain"], strict=True):
        assert usual == pytest.approx(plain, abs=1e-4)
    assert told["tokens"] > 0
