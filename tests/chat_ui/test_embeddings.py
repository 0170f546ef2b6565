"""`/v1/embeddings` as a program sees it: a real server, whose vectors mean nothing."""

import asyncio
import json
import struct
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from app.clients.embedder import Embedder
from app.clients.service import connect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ports import free_port
from tests.chat_ui.programs import bearer, make_token, refused
from tests.chat_ui.support import DbApiServer, StartBriefly, new_browser, open_chat, serve
from tests.support.embedding_model import CONTEXT, SIZE, write_embedding_model
from tests.support.lm_server import run_lm_server

MODEL = "random"
PATH = "/v1/embeddings"


@pytest.fixture(scope="module")
def url(
    db_api: DbApiServer, serve_chat_ui: StartBriefly, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A chat-ui that has an embed."""
    folder = tmp_path_factory.mktemp("embed")
    model = folder / f"{MODEL}.gguf"
    write_embedding_model(model)
    with (
        run_lm_server(folder, LM_MODEL=str(model), LM_EMBEDDING="on") as embed,
        serve_chat_ui(
            db_api_url=db_api.url, embed_url=embed.url, embed_key_file=folder / "lm-api-key"
        ) as url,
    ):
        yield url


def embed(program: httpx.Client, given: Any, **fields: Any) -> Any:
    response = program.post(PATH, json={"model": MODEL, "input": given, **fields})
    assert response.status_code == 200, response.text
    return response.json()


def vectors(told: Any) -> list[list[float]]:
    assert [each["index"] for each in told["data"]] == list(range(len(told["data"])))
    return [each["embedding"] for each in told["data"]]


def test_each_text_gets_its_vector(program: httpx.Client, db_api: DbApiServer) -> None:
    used = "SELECT extract(epoch FROM tokens_full_at) FROM session_usage"
    db_api.sql("UPDATE session_usage SET tokens_full_at = NULL")
    told = embed(program, ["one", "two", "one"])
    one, two, again = vectors(told)
    assert (len(one), one == pytest.approx(again, abs=1e-4)) == (SIZE, True)
    assert one != pytest.approx(two, abs=1e-2)
    assert (told["object"], told["model"]) == ("list", MODEL)
    tokens = told["usage"]["prompt_tokens"]
    assert tokens == told["usage"]["total_tokens"] == 3 * (3 + 2), "letters, and two marks"
    assert db_api.sql(f"{used} WHERE tokens_full_at IS NOT NULL"), "they count as the session's"
    (alone,) = vectors(embed(program, "two"))
    assert alone == pytest.approx(two, abs=1e-4)


def test_a_vector_comes_in_base64_if_it_is_asked_for(program: httpx.Client) -> None:
    (plain,) = vectors(embed(program, "one", encoding_format="float"))
    (packed,) = vectors(embed(program, "one", encoding_format="base64"))
    unpacked = struct.unpack(f"<{SIZE}f", b64decode(str(packed)))
    assert list(unpacked) == pytest.approx(plain, abs=1e-4)


def test_both_models_are_listed(program: httpx.Client) -> None:
    listed = [model["id"] for model in program.get("/v1/models").json()["data"]]
    assert listed == ["scripted", MODEL]
    assert program.get(f"/v1/models/{MODEL}").json()["id"] == MODEL


BAD = [
    ({"input": None}, "input", "missing_required_parameter"),
    ({"input": []}, "input", "invalid_value"),
    ({"input": ["a"] * 257}, "input", "invalid_value"),
    ({"input": ""}, "input", "invalid_value"),
    ({"input": ["a", ""]}, "input.1", "invalid_value"),
    ({"input": [1, 2]}, "input.0", "invalid_value"),
    ({"input": [[1, 2]]}, "input.0", "invalid_value"),
    ({"input": {}}, "input", "invalid_value"),
    ({"input": ["a", "b\0"]}, "input.1", "invalid_value"),
    ({"input": "\ud800"}, "input", "invalid_value"),
    ({"input": ["a", "x" * (CONTEXT + 1)]}, "input.1", "context_length_exceeded"),
    ({"encoding_format": "hex"}, "encoding_format", "invalid_value"),
    ({"encoding_format": []}, "encoding_format", "invalid_value"),
    ({"dimensions": 8}, "dimensions", "unsupported_parameter"),
    ({"user": "Ann"}, "user", "unsupported_parameter"),
    ({"half \ud800": 1}, "half \\ud800", "unsupported_parameter"),
    ({"model": None}, "model", "missing_required_parameter"),
]


@pytest.mark.parametrize(("fields", "param", "code"), BAD)
def test_what_can_t_be_done_is_refused_by_its_name(
    program: httpx.Client, fields: dict[str, Any], param: str, code: str
) -> None:
    content = json.dumps({"model": MODEL, "input": "a", **fields})  # escapes what is no UTF-8
    assert refused(program.post(PATH, content=content), 400, code, param) == param


def test_the_model_that_answers_makes_no_vectors(program: httpx.Client) -> None:
    response = program.post(PATH, json={"model": "scripted", "input": "a"})
    assert refused(response, 404, "model_not_found", MODEL) == "model"


def test_a_token_without_the_scope_may_not(program: httpx.Client, db_api: DbApiServer) -> None:
    db_api.sql("UPDATE tokens SET scopes = '{read}'")
    refused(program.post(PATH, json={"model": MODEL, "input": "a"}), 403, "missing_scope", "chat")


@pytest.mark.parametrize(
    ("has_one", "status", "code"),
    [(False, 404, "model_not_found"), (True, 503, "model_unavailable")],
)
def test_without_the_model_it_says_so(
    serve_chat_ui: StartBriefly,
    db_api: DbApiServer,
    secrets: Path,
    has_one: bool,
    status: int,
    code: str,
) -> None:
    away = f"http://127.0.0.1:{free_port()}" if has_one else ""
    key = secrets / "lm-api" / "key"
    with (
        serve_chat_ui(db_api_url=db_api.url, embed_url=away, embed_key_file=key) as url,
        new_browser(url) as client,
    ):
        open_chat(client)
        headers = bearer(make_token(client))
        asked = {"model": MODEL, "input": "a"}
        refused(client.post(PATH, json=asked, headers=headers), status, code)
        (model,) = client.get("/v1/models", headers=headers).json()["data"]
        assert model["id"] == "scripted"


@pytest.mark.anyio
async def test_programs_take_turns_and_a_question_waits_for_one_text_at_most() -> None:
    running, most = 0, 0

    async def answer(request: Request) -> Response:
        nonlocal running, most
        of_program = (await request.json())["input"] != ["question"]
        running += of_program
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= of_program
        return JSONResponse({"data": [{"embedding": [1]}], "usage": {"prompt_tokens": 1}})

    async def models(request: Request) -> Response:
        return JSONResponse({"data": [{"id": MODEL}]})

    routes = [Route("/v1/models", models), Route(PATH, answer, methods=["POST"])]
    with serve(Starlette(routes=routes)) as url:
        async with connect(url, "") as service:
            embedder = Embedder(service)
            programs = [asyncio.create_task(embedder.embed_text("text")) for _ in range(8)]
            await embedder.embed("question")
            waiting = [program for program in programs if not program.done()]
            await asyncio.gather(*programs)
    assert (most, len(waiting) >= 4) == (1, True)
