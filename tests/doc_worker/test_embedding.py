"""Passages get vectors by a real server with an embedding model; without one, documents are read
all the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from app import giving_way
from app.client import Job, Passage, Passages, SentenceVector, Waiting
from app.embedding import (
    SIZE,
    Embedder,
    Unavailable,
    connect_to_embed,
    find_prefix,
    give_vectors,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.doc_worker.conftest import Person
from tests.support.embedding_model import write_embedding_model
from tests.support.lm_server import KEY, LmServer, run_lm_server
from tests.support.program import Program
from tests.support.serve import serve

Start = Callable[..., Program]

TEXT = "The otter swims.\n\nThe badger digs."
LONG = "This sentence has far too many letters for a model that reads them one by one. " * 10


@pytest.fixture
def run_embed(tmp_path: Path) -> Callable[[str], Any]:
    """Runs lm-api's server with an embedding model of that name."""

    @contextmanager
    def run(name: str) -> Iterator[LmServer]:
        model = tmp_path / f"{name}.gguf"
        write_embedding_model(model)
        with run_lm_server(tmp_path, LM_MODEL=str(model), LM_EMBEDDING="on") as server:
            yield server

    return run


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    (tmp_path / "key").write_text(KEY)
    return str(tmp_path / "key")


def test_vectors_come_when_there_is_a_model_and_anew_when_it_is_another(
    ada: Person, start_worker: Start, run_embed: Callable[[str], Any], key_file: str
) -> None:
    chat = ada.http.post("/chats", json={"username": "Ada", "system_prompt": ""}).json()["id"]
    documents = [
        ada.upload(text.encode(), "notes.txt", chat) for text in (TEXT, LONG, "The cat sleeps.")
    ]
    worker = start_worker(EMBED_URL="http://127.0.0.1:9", EMBED_KEY_FILE=key_file)
    assert [ada.wait(document)["vector_model"] for document in documents] == [None] * 3
    worker.end()
    for name in ("first", "second"):
        with run_embed(name) as server:
            worker = start_worker(EMBED_URL=server.url, EMBED_KEY_FILE=key_file)
            for document in documents:
                ada.wait_for_vectors(document, name)
            with httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
                told = client.post("/v1/embeddings", json={"input": ["The cat sleeps."]}).json()
            asked = {
                **{"question": "?", "limit": 1},
                **{"vector": told["data"][0]["embedding"], "vector_model": name},
            }
            (found,) = ada.http.post(f"/chats/{chat}/passages", json=asked).json()["passages"]
            assert found["text"] == "The cat sleeps."
            worker.end()


def test_one_that_is_killed_meanwhile_loses_no_document(
    ada: Person, start_worker: Start, run_embed: Callable[[str], Any], key_file: str
) -> None:
    document = ada.upload(TEXT.encode() * 300, "notes.txt")
    with run_embed("first") as server:
        settings = {"EMBED_URL": server.url, "EMBED_KEY_FILE": key_file}
        for _ in range(3):
            worker = start_worker(**settings)
            ada.wait(document)
            worker.end()
        start_worker(**settings)
        ada.wait_for_vectors(document, "first")
    assert ada.read(document)["state"] == "complete"


@contextmanager
def scripted(answer: Callable[[list[str]], tuple[int, Any]]) -> Iterator[Embedder]:
    """An embed that answers so."""

    async def models(request: Request) -> JSONResponse:
        return JSONResponse({"data": [{"id": "multilingual-e5-small"}]})

    async def embeddings(request: Request) -> JSONResponse:
        status, told = answer((await request.json())["input"])
        return JSONResponse(told, status)

    routes = [Route("/v1/models", models), Route("/v1/embeddings", embeddings, methods=["POST"])]
    with serve(Starlette(routes=routes)) as url, connect_to_embed(url, KEY) as http:
        embedder = Embedder(http)
        assert embedder.find_model() == "multilingual-e5-small"
        yield embedder


def tell(count: int, size: int = SIZE) -> Any:
    """Vectors, each of its number, the last one first."""
    return {"data": [{"index": n, "embedding": [float(n)] * size} for n in reversed(range(count))]}


def test_vectors_are_those_of_their_texts_with_the_model_s_prefix() -> None:
    asked = []

    def answer(texts: list[str]) -> tuple[int, Any]:
        asked.extend(texts)
        return 200, tell(len(texts))

    with scripted(answer) as embedder:
        assert [vector[0] for vector in embedder.embed(["a", "b", "c"])] == [0, 1, 2]
    assert asked == ["passage: a", "passage: b", "passage: c"]
    assert find_prefix("granite-embedding-97m-multilingual-r2-q4_k_m") == ""


def test_of_a_text_that_is_too_long_the_beginning_is_looked_at() -> None:
    taken = []

    def answer(texts: list[str]) -> tuple[int, Any]:
        if any(len(text) > 120 for text in texts):
            return 500, {"error": "too large"}
        taken.extend(texts)
        return 200, tell(len(texts))

    with scripted(answer) as embedder:
        assert len(embedder.embed(["short", "long " * 60])) == 2
    assert [len(text) for text in taken] == [14, 84]


JOB = Job("1", "text", blocks=1, done=[], shown=False, embedding=True, reply_awaited=False)


class Queue:
    """db-api, with passages that lack vectors."""

    def __init__(self, passages: int = 1, reply_awaited: bool = False) -> None:
        self.waiting = Waiting(others_wait=False, reply_awaited=reply_awaited)
        self.left = passages
        self.stored: list[SentenceVector] = []
        self.heartbeats = 0

    def list_passages(self, job: Job, model: str) -> Passages:
        text = "It begins on 1 May of this year. It ends on 30 April of the next."
        return Passages("Lease", [Passage(7, text)] if self.left else [])

    def store_vectors(self, job: Job, model: str, vectors: list[SentenceVector]) -> Waiting:
        self.left -= 1
        self.stored += vectors
        return self.waiting

    def heartbeat(self, job: Job) -> Waiting:
        self.heartbeats += 1
        return self.waiting

    def finish_vectors(self, job: Job, model: str) -> None: ...


def test_each_sentence_gets_a_vector_that_knows_what_the_document_is_about() -> None:
    asked = []

    def answer(texts: list[str]) -> tuple[int, Any]:
        asked.extend(texts)
        return 200, tell(len(texts))

    with scripted(answer) as embedder:
        give_vectors(queue := Queue(), JOB, embedder, "m")  # type: ignore[arg-type]  # as it needs
    places = [(each.passage, each.start, each.end, each.vector[0]) for each in queue.stored]
    assert places == [(7, 0, 32, 0), (7, 33, 65, 1)]
    assert asked == [
        "passage: Lease: It begins on 1 May of this year.",
        "passage: Lease: It ends on 30 April of the next.",
    ]


@pytest.mark.parametrize("reply_awaited", [False, True])
def test_between_vectors_it_gives_way_to_replies(
    monkeypatch: pytest.MonkeyPatch, reply_awaited: bool
) -> None:
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(giving_way, "time", Mock(monotonic=lambda: now, sleep=sleep))
    job = replace(JOB, reply_awaited=reply_awaited)
    queue = Queue(passages=3, reply_awaited=reply_awaited)
    with scripted(lambda texts: (200, tell(len(texts)))) as embedder:
        give_vectors(queue, job, embedder, "m")  # type: ignore[arg-type]  # what it needs of one
    assert (len(queue.stored), queue.left) == (6, 0), "vectors come all the same"
    assert now == (4 * giving_way.PAUSE_S if reply_awaited else 0)
    assert queue.heartbeats == now / giving_way.LOOK_S, "the lease is renewed meanwhile"


@pytest.mark.parametrize(
    ("status", "told"),
    [(500, {}), (200, {}), (200, tell(1, size=1024)), (200, tell(0)), (200, tell(2))],
)
def test_what_can_t_be_stored_is_as_good_as_no_model(status: int, told: Any) -> None:
    with scripted(lambda texts: (status, told)) as embedder:
        with pytest.raises(Unavailable):
            embedder.embed(["a"])
        assert embedder.find_model() is None, "until the next look"


def test_a_model_is_looked_for_now_and_then_and_told_when_it_is_another(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "doc-worker")
    names = ["a", "a", None, "b", "c"]
    told = iter([{"data": [{"id": name}] if name else []} for name in names])
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=next(told)))
    with httpx.Client(transport=transport, base_url="http://embed") as http:
        embedder = Embedder(http)
        assert [embedder.find_model() for _ in range(2)] == ["a"] * 2
        monkeypatch.setattr("app.embedding.LOOK_S", -1)
        assert [embedder.find_model() for _ in range(4)] == names[1:]
    assert caplog.messages == [f"documents get vectors of {name}" for name in "abc"]
