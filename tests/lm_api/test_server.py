"""The real server with a real (small) model: what Parley relies on. How it streams, continues and
refuses is held against chat-ui's own client (tests/whole/test_scripted_model.py)."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from local.stack import ROOT
from tests.support.embedding_model import SIZE, write_embedding_model
from tests.support.lm_server import LmServer, run_lm_server
from tests.support.sse import read_events
from tests.support.tokens import COUNTED, Counted
from tests.support.vision_model import write_projector

QUESTION = {"role": "user", "content": "Tell me three facts about the moon."}


def connect(server: LmServer) -> httpx.Client:
    # A connection a streamed answer came over may be closed by the server: never use one again.
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=server.url, headers=server.headers, limits=limits, timeout=60)


@pytest.fixture
def client(lm_server: LmServer) -> Iterator[httpx.Client]:
    with connect(lm_server) as client:
        yield client


def stream(client: httpx.Client, **body: Any) -> Iterator[dict[str, Any]]:
    """The chunks of a streamed chat completion, always the same for the same prompt."""
    body = {"stream": True, "temperature": 0, "max_tokens": 24} | body
    with client.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert answer.status_code == 200, answer.read()
        for _, chunk in read_events(answer):
            yield chunk


def write(client: httpx.Client, *messages: dict[str, Any], **body: Any) -> list[str]:
    """The words of a completion, as they came."""
    chunks = stream(client, messages=messages, **body)
    found = [choice["delta"].get("content") for chunk in chunks for choice in chunk["choices"]]
    return [text for text in found if text]


def test_a_chat_completion_streams_word_by_word(client: httpx.Client) -> None:
    chunks = list(stream(client, messages=[QUESTION], stream_options={"include_usage": True}))
    assert chunks[-1]["usage"]["completion_tokens"] == 24
    assert {chunk["model"] for chunk in chunks} == {"smollm2-135m-instruct"}
    words = write(client, QUESTION)
    assert len(words) > 10
    assert "moon" in "".join(words).lower()


def test_a_second_turn_reads_only_what_is_new(client: httpx.Client) -> None:
    turn = [QUESTION, {"role": "assistant", "content": "".join(write(client, QUESTION))}]
    turn.append({"role": "user", "content": "And the sun?"})
    *_, last = stream(client, messages=turn, stream_options={"include_usage": True})
    usage = last["usage"]
    assert usage["prompt_tokens"] - usage["prompt_tokens_details"]["cached_tokens"] < 30


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/v1/chat/completions", 401, "Invalid API Key"),
        ("/v1/models", 401, "Invalid API Key"),
        ("/metrics", 401, "Invalid API Key"),
        ("/props", 401, "Invalid API Key"),
        ("/slots", 401, "Invalid API Key"),
        ("/health", 200, '{"status":"ok"}'),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_without_the_key_nothing_answers_but_health(
    lm_server: LmServer, path: str, status: int, said: str, headers: dict[str, str]
) -> None:
    method = "POST" if path.endswith("completions") else "GET"
    answer = httpx.request(method, lm_server.url + path, headers=headers, timeout=60)
    assert (answer.status_code, said in answer.text) == (status, True)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/", 404, ""),  # no web page
        ("/index.html", 404, ""),
        ("/metrics", 200, "llamacpp:requests_deferred"),
    ],
)
def test_metrics_are_told_and_no_page_is_shown(
    client: httpx.Client, path: str, status: int, said: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, said in answer.text) == (status, True)


def test_slots_and_context_are_as_set(client: httpx.Client) -> None:
    props = client.get("/props").json()
    assert (props["total_slots"], props["default_generation_settings"]["n_ctx"]) == (8, 4096)


def test_what_people_write_is_in_no_log_and_in_nothing_told_of_slots(
    lm_server: LmServer, client: httpx.Client
) -> None:
    write(client, {"role": "user", "content": "My password is Xyzzyplugh99."})
    log, slots = lm_server.program.log.read_text(), client.get("/slots").text
    # Both do tell of the request.
    assert ("processing task" in log, "Xyzzyplugh99" in log) == (True, False)
    assert ("id_task" in slots, "Xyzzyplugh99" in slots) == (True, False)


def test_it_stops_without_waiting_for_the_reply_it_writes(tmp_path: Path) -> None:
    with (
        run_lm_server(tmp_path, LM_SLOTS="1", LM_CONTEXT="2048") as server,
        connect(server) as client,
    ):
        chunks = stream(client, messages=[QUESTION], max_tokens=2000, ignore_eos=True)
        came = [next(chunks)]
        assert server.program.end() == 0
        with suppress(httpx.HTTPError):  # it was cut off
            came += chunks
    assert not [c for chunk in came for c in chunk["choices"] if c["finish_reason"]]


def test_a_port_in_use_is_an_error_and_no_hanging(lm_server: LmServer, tmp_path: Path) -> None:
    taken = lm_server.url.rsplit(":", 1)[1]
    with pytest.raises(RuntimeError, match="couldn't bind"):
        ExitStack().enter_context(run_lm_server(tmp_path, PORT=taken))


@pytest.mark.parametrize("counted", COUNTED, ids=[counted.name for counted in COUNTED])
def test_the_counts_that_estimates_are_held_against_are_its_own(
    client: httpx.Client, counted: Counted
) -> None:
    answer = client.post("/tokenize", json={"content": counted.text}).json()
    assert len(answer["tokens"]) == counted.tokens


def test_an_embedding_model_makes_a_vector_of_each_text(tmp_path: Path) -> None:
    write_embedding_model(tmp_path / "random.gguf")
    model = str(tmp_path / "random.gguf")
    with (
        run_lm_server(tmp_path, LM_MODEL=model, LM_EMBEDDING="on") as server,
        connect(server) as client,
    ):
        assert client.get("/v1/models").json()["data"][0]["id"] == "random"
        texts = ["One.", "Two.", "One."]
        told = client.post("/v1/embeddings", json={"input": texts}).json()["data"]
        too_long = client.post("/v1/embeddings", json={"input": ["word " * 200]})
        counts = client.get("/metrics").text
    one, two, again = (found["embedding"] for found in told)
    assert one == pytest.approx(again, abs=1e-4)
    assert one != pytest.approx(two, abs=1e-2)
    assert (len(one), too_long.status_code) == (SIZE, 500)
    assert "too large to process" in too_long.text, "chat-ui tells it by these words"
    assert "prompt_tokens_cached_total 0\n" in counts, "its time tells nobody what others asked"


def show(colour: str) -> dict[str, Any]:
    """A question about a picture of that colour, as chat-ui asks it."""
    file = BytesIO()
    Image.new("RGB", (200, 100), colour).save(file, "JPEG")
    address = f"data:image/jpeg;base64,{b64encode(file.getvalue()).decode()}"
    picture = {"type": "image_url", "image_url": {"url": address}}
    return {"role": "user", "content": [picture, {"type": "text", "text": "What is this?"}]}


def test_a_model_that_sees_reads_pictures_and_continues_a_reply_about_one(tmp_path: Path) -> None:
    (folder := tmp_path / "sees").mkdir()
    (folder / "model.gguf").symlink_to(
        ROOT / ".cache" / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    )
    write_projector(folder / "mmproj.gguf")
    settings = {"LM_VISION": "on", "LM_MODEL": str(folder)}
    with run_lm_server(tmp_path, **settings) as server, connect(server) as client:
        assert client.get("/props").json()["modalities"]["vision"] is True
        assert client.get("/v1/models").json()["data"][0]["id"] == "sees"
        words = write(client, show("red"))
        assert write(client, show("red")) == words
        begun = {"role": "assistant", "content": "".join(words[:5])}
        switches = {"continue_final_message": True, "add_generation_prompt": False}
        rest = write(client, show("red"), begun, **switches)
        assert rest[:5] == words[5:10]
        refused = client.post("/v1/chat/completions", json={"messages": [show("red")] * 200})
        assert refused.json()["error"]["type"] == "exceed_context_size_error"
