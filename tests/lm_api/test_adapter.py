"""The Python adapter understands the very list that `start` would give to llama-server."""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

import pytest

from tests.lm_api.starter import Starter
from tests.support.lm_server import ROOT

xllamacpp: Any = importlib.import_module("xllamacpp")  # it has no type hints


@pytest.fixture(scope="module")
def adapter() -> ModuleType:
    """xllamacpp_server.py as a module."""
    spec = importlib.util.spec_from_file_location(
        "xllamacpp_server", ROOT / "lm-api" / "xllamacpp_server.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_same_list_means_the_same_settings(adapter: ModuleType, starter: Starter) -> None:
    params: Any = xllamacpp.CommonParams()
    adapter.apply_settings(params, adapter.read_settings(starter.arguments(LM_THREADS="3")))
    assert params.model.path == str(starter.model)
    assert params.model_alias == {"qwen2.5-0.5b-instruct-q8_0"}
    assert (params.hostnames, params.port) == (["0.0.0.0"], 80)
    assert params.api_keys == ["secret"]
    assert (params.n_parallel, params.n_ctx, params.kv_unified) == (8, 32768, False)
    assert (params.cache_ram_mib, params.slot_prompt_similarity) == (1024, 0.5)
    assert (params.n_batch, params.n_ubatch) == (64, 64)
    on = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    assert params.flash_attn_type == on
    assert (params.cpuparams.n_threads, params.cpuparams_batch.n_threads) == (3, 3)
    assert (params.n_predict, params.sse_ping_interval) == (2048, 1)
    assert (params.endpoint_metrics, params.endpoint_slots, params.ui) == (True, False, False)


def test_adapter_and_start_know_the_same_options(adapter: ModuleType, starter: Starter) -> None:
    given = {word for word in starter.arguments() if word.startswith("--")}
    assert given == set(adapter.VALUES) | set(adapter.FLAGS)


def test_what_start_leaves_alone_can_be_added(adapter: ModuleType) -> None:
    params: Any = xllamacpp.CommonParams()
    added = ["--cache-type-k", "q8_0", "--cache-type-v", "q8_0", "--spec-type", "ngram-simple"]
    adapter.apply_settings(params, adapter.read_settings(added))
    q8_0 = xllamacpp.ggml_type.GGML_TYPE_Q8_0
    assert (params.cache_type_k, params.cache_type_v) == (q8_0, q8_0)
    simple = xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE
    assert params.speculative.types == [simple]


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
def test_what_the_adapter_does_not_know_it_refuses(
    adapter: ModuleType, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=said):
        adapter.read_settings(arguments)


def test_a_machine_without_any_server_is_told_what_to_install(starter: Starter) -> None:
    (starter.folder / "bin" / "llama-server").unlink()
    # -S leaves the installed packages out, xllamacpp among them.
    python = starter.folder / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    done = starter.run(PYTHON="python")
    assert done.returncode == 2
    assert "pip install xllamacpp" in done.stderr
