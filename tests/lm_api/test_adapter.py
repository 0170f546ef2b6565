"""The Python adapter understands the very list that `start` would give to llama-server."""

import importlib
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from tests.lm_api.starter import Starter

xllamacpp: Any = importlib.import_module("xllamacpp")  # it has no type hints
adapter: Any = importlib.import_module("xllamacpp_server")


def apply(arguments: list[str]) -> Any:
    """llama.cpp's settings as the adapter sets them."""
    params: Any = xllamacpp.CommonParams()
    adapter.apply_settings(params, adapter.read_settings(arguments))
    return params


def test_the_same_list_means_the_same_settings(starter: Starter) -> None:
    expected = {
        "model.path": str(starter.model),
        "model_alias": {"qwen2.5-0.5b-instruct-q8_0"},
        "hostnames": ["0.0.0.0"],
        "port": 80,
        "api_keys": ["secret"],
        "n_parallel": 8,
        "n_ctx": 32768,
        "kv_unified": False,
        "cache_ram_mib": 1024,
        "slot_prompt_similarity": 0.5,
        "n_batch": 64,
        "n_ubatch": 64,
        "flash_attn_type": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED,
        "cpuparams.n_threads": 3,
        "cpuparams_batch.n_threads": 3,
        "n_predict": 2048,
        "sse_ping_interval": 1,
        "endpoint_metrics": True,
        "endpoint_slots": True,
        "ui": False,
    }
    params = apply(starter.arguments(LM_THREADS="3"))
    assert {name: attrgetter(name)(params) for name in expected} == expected


def test_adapter_and_start_know_the_same_options(starter: Starter) -> None:
    prompts, sees = starter.folder / "prompts", starter.folder / "sees"
    sees.mkdir()
    (sees / "model.gguf").write_bytes(b"GGUF")
    arguments = starter.arguments(LM_PROMPT_CACHE_DIR=str(prompts), LM_EMBEDDING="on")
    arguments += starter.arguments(LM_VISION="on", LM_MODEL=str(sees))
    given = {word for word in arguments if word.startswith("--")}
    assert given == set(adapter.VALUES) | set(adapter.FLAGS)


def test_what_start_leaves_alone_can_be_added() -> None:
    params = apply(
        ["--cache-type-k", "q8_0", "--cache-type-v", "q8_0", "--spec-type", "ngram-simple"]
    )
    q8_0 = xllamacpp.ggml_type.GGML_TYPE_Q8_0
    assert (params.cache_type_k, params.cache_type_v) == (q8_0, q8_0)
    simple = xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE
    assert params.speculative.types == [simple]


def test_keys_are_read_as_llama_server_reads_them(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("# whose it is\n\n one \ntwo\n")
    assert adapter.read_keys(str(keys)) == ["one", "two"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--verbosity", "4"], "--verbosity is not known"),
        (["--port"], "--port lacks its value"),
        (["--port", "http"], "--port can't be 'http'"),
        (["--flash-attn", "yes"], "--flash-attn can't be 'yes'"),
        (["--cache-type-k", "q9"], "--cache-type-k can't be 'q9'"),
        (["--spec-type", "luck"], "--spec-type can't be 'luck'"),
    ],
)
def test_what_the_adapter_does_not_know_it_refuses(arguments: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        adapter.read_settings(arguments)
