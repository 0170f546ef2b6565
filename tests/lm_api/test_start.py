"""`lm-api/start`: the settings it hands on, the server it picks, what it says when it can't."""

import subprocess
import sys
from pathlib import Path

import pytest

from local.stack import ROOT
from tests.lm_api.starter import Starter


def test_without_any_setting_the_measured_flags_are_used(starter: Starter) -> None:
    empty = dict.fromkeys(("LM_SLOTS", "LM_CONTEXT", "LM_BATCH", "LM_MODEL", "LM_MODEL_URL"), "")
    arguments = starter.arguments(LM_THREADS="3", **empty)  # an empty setting is none
    assert " ".join(arguments) == (
        f"--model {starter.model} --alias qwen2.5-0.5b-instruct-q8_0"
        f" --host 0.0.0.0 --port 80 --api-key-file {starter.folder / 'key'}"
        " --parallel 8 --ctx-size 32768 --no-kv-unified"
        " --cache-ram 1024 --slot-prompt-similarity 0.5 --batch-size 64 --ubatch-size 64"
        " --flash-attn on --threads 3 --threads-batch 3 --predict 2048 --sse-ping-interval 1"
        " --metrics --slots --no-webui"
    )


def test_every_setting_reaches_the_server(starter: Starter) -> None:
    settings = {
        "HOST": "71",
        "PORT": "72",
        "LM_SLOTS": "3",
        "LM_CONTEXT": "2048",
        "LM_THREADS": "73",
        "LM_BATCH": "74",
        "LM_CACHE_RAM": "75",
        "LM_SLOT_SIMILARITY": "76",
        "LM_MAX_TOKENS": "77",
    }
    assert " ".join(starter.arguments("--verbosity", "4", **settings)[4:]) == (
        f"--host 71 --port 72 --api-key-file {starter.folder / 'key'}"
        " --parallel 3 --ctx-size 6144 --no-kv-unified"  # every slot gets the whole context
        " --cache-ram 75 --slot-prompt-similarity 76 --batch-size 74 --ubatch-size 74"
        " --flash-attn on --threads 73 --threads-batch 73 --predict 77 --sse-ping-interval 1"
        " --metrics --slots --no-webui --verbosity 4"  # one's own arguments come last
    )


def test_for_embeddings_a_text_fits_into_one_batch(starter: Starter) -> None:
    arguments = " ".join(starter.arguments(LM_EMBEDDING="on", LM_THREADS="3"))
    assert "--parallel 1 --ctx-size 512 --no-kv-unified --cache-ram 0" in arguments
    assert "--batch-size 512 --ubatch-size 512" in arguments
    assert arguments.endswith(" --embedding")
    larger = " ".join(starter.arguments(LM_EMBEDDING="on", LM_CONTEXT="1024"))
    assert "--batch-size 1024 --ubatch-size 1024" in larger


@pytest.mark.parametrize("named", ["sees", "{}/sees"])
def test_a_model_that_sees_is_read_from_a_folder_of_two_files(starter: Starter, named: str) -> None:
    folder = starter.folder / "sees"
    settings = {"LM_VISION": "on", "LM_MODEL": named.format(starter.folder), "LM_THREADS": "3"}
    starter.refuse(f"{folder}/model.gguf is not there", **settings)
    folder.mkdir()
    (folder / "model.gguf").write_bytes(b"GGUF")
    arguments = " ".join(starter.arguments(**settings))
    assert arguments.startswith(f"--model {folder}/model.gguf --alias sees ")
    assert "--parallel 2 --ctx-size 8192 --no-kv-unified --cache-ram 0" in arguments
    assert arguments.endswith(f" --mmproj {folder}/mmproj.gguf")


@pytest.mark.parametrize(
    ("settings", "policy"),
    [
        ({}, "passive 1000\n"),
        ({"GOMP_SPINCOUNT": "5"}, "passive 5\n"),
        ({"OMP_WAIT_POLICY": "active"}, "active \n"),
    ],
)
def test_waiting_threads_spin_briefly_and_sleep_unless_told_otherwise(
    starter: Starter, settings: dict[str, str], policy: str
) -> None:
    starter.run(**settings)
    assert starter.told.with_name("told.policy").read_text() == policy


@pytest.mark.parametrize(
    "settings",
    [
        {"LM_MODEL": "{}/own.gguf"},
        {"LM_MODEL": "own.gguf"},
        {"LM_MODEL_URL": "https://models.example/a/own.gguf?download=true"},
    ],
)
def test_an_own_file_serves_under_its_own_name(
    starter: Starter, tmp_path: Path, settings: dict[str, str]
) -> None:
    (tmp_path / "own.gguf").write_bytes(b"GGUF")
    given = {name: value.format(tmp_path) for name, value in settings.items()}
    model = ["--model", str(tmp_path / "own.gguf"), "--alias", "own"]
    assert starter.arguments(**given)[:4] == model


def test_a_missing_model_names_the_command_that_brings_it(starter: Starter) -> None:
    starter.model.unlink()
    starter.refuse(str(starter.model), "docker compose run --rm model", f"{ROOT}/lm-api/fetch.py")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"LM_SLOTS": "many"}, "LM_SLOTS must be a whole number"),
        ({"LM_SLOTS": "0"}, "LM_SLOTS must be at least 1"),
        ({"LM_CONTEXT": "-1"}, "LM_CONTEXT must be a whole number"),
        ({"LM_CONTEXT": "100000"}, "at most 32768"),
        ({"LM_MODEL": "gpt-5"}, "Choose one of: qwen2.5-0.5b-instruct-q8_0"),
        ({"LM_API_KEY_FILE": "/no/such/key"}, "secrets/make"),
        ({"LM_API_KEY_FILE": "/dev/null"}, "secrets/make"),
        ({"LLAMA_SERVER": "/no/such/server"}, "/no/such/server is not a program"),
    ],
)
def test_a_wrong_setting_is_told_by_name(
    starter: Starter, settings: dict[str, str], said: str
) -> None:
    starter.refuse(said, **settings)


def test_without_a_llama_server_python_serves_the_same_list(starter: Starter) -> None:
    expected = starter.arguments()
    (starter.folder / "bin" / "llama-server").unlink()
    starter.put_program("python")
    assert starter.arguments(PYTHON="python") == [f"{ROOT}/lm-api/xllamacpp_server.py", *expected]


def test_a_machine_without_any_server_is_told_what_to_install(starter: Starter) -> None:
    (starter.folder / "bin" / "llama-server").unlink()
    # -S leaves the installed packages out, xllamacpp among them.
    starter.put_script("python", f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    starter.refuse("pip install xllamacpp", PYTHON="python")


def test_a_llama_server_too_old_for_the_list_is_passed_over(starter: Starter) -> None:
    starter.put_program("llama-server", help_text="--slots N")
    starter.put_program("python")
    assert "too old" in starter.run().stderr
    assert starter.arguments(PYTHON="python")[0].endswith("xllamacpp_server.py")


def test_a_server_of_ones_own_can_be_named(starter: Starter) -> None:
    starter.put_program("my-server")
    assert starter.command(LLAMA_SERVER="my-server")[0].endswith("/my-server")


TWO_CORES_FOUR_THREADS = ["0,2", "1,3", "0,2", "1,3"]


@pytest.mark.parametrize(
    ("siblings", "allowed", "limit", "cores"),
    [
        (TWO_CORES_FOUR_THREADS, "0-3", None, 2),
        (TWO_CORES_FOUR_THREADS, "0-3", "max 100000", 2),
        (TWO_CORES_FOUR_THREADS, "0,2", None, 1),
        (["0", "1", "2", "3"], "0-1,3", None, 3),
        (["0", "1", "2", "3"], "0-3", "150000 100000", 2),
        (["0", "1", "2", "3"], "0-3", "50000 100000", 1),
    ],
)
def test_threads_are_the_physical_cores_we_may_use(
    tmp_path: Path, siblings: list[str], allowed: str, limit: str | None, cores: int
) -> None:
    """On a fake /proc and /sys: each CPU's hyper-thread siblings, who may run, the cgroup's
    limit."""
    files = {
        f"sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list": f"{names}\n"
        for number, names in enumerate(siblings)
    }
    files["proc/self/status"] = f"Name:\tsh\nCpus_allowed_list:\t{allowed}\n"
    if limit is not None:
        files["sys/fs/cgroup/cpu.max"] = f"{limit}\n"
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    counted = subprocess.check_output([ROOT / "lm-api" / "count-cores", tmp_path], text=True)
    assert counted == f"{cores}\n"
