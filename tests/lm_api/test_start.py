"""`lm-api/start`: the settings it hands on, the server it picks, what it says when it can't."""

import subprocess
from pathlib import Path

import pytest

from tests.lm_api.starter import Starter
from tests.support.lm_server import ROOT


def test_without_any_setting_the_measured_flags_are_used(starter: Starter) -> None:
    arguments = starter.arguments(LM_THREADS="3")
    assert " ".join(arguments) == (
        f"--model {starter.model} --alias qwen2.5-0.5b-instruct-q8_0"
        f" --host 0.0.0.0 --port 80 --api-key-file {starter.folder / 'key'}"
        " --parallel 8 --ctx-size 32768 --no-kv-unified"
        " --cache-ram 1024 --slot-prompt-similarity 0.5 --batch-size 64 --ubatch-size 64"
        " --flash-attn on --threads 3 --threads-batch 3 --predict 2048 --sse-ping-interval 1"
        " --metrics --no-slots --no-webui"
    )


@pytest.mark.parametrize(
    ("setting", "option"),
    [
        ("HOST", "--host"),
        ("PORT", "--port"),
        ("LM_SLOTS", "--parallel"),
        ("LM_THREADS", "--threads"),
        ("LM_THREADS", "--threads-batch"),
        ("LM_BATCH", "--batch-size"),
        ("LM_BATCH", "--ubatch-size"),
        ("LM_CACHE_RAM", "--cache-ram"),
        ("LM_SLOT_SIMILARITY", "--slot-prompt-similarity"),
        ("LM_MAX_TOKENS", "--predict"),
    ],
)
def test_a_setting_reaches_the_server(starter: Starter, setting: str, option: str) -> None:
    assert starter.value(option, **{setting: "77"}) == "77"


def test_every_slot_gets_the_whole_context(starter: Starter) -> None:
    assert starter.value("--ctx-size", LM_CONTEXT="2048", LM_SLOTS="3") == "6144"


def test_empty_settings_mean_the_defaults(starter: Starter) -> None:
    empty = dict.fromkeys(("LM_SLOTS", "LM_CONTEXT", "LM_THREADS", "LM_MODEL", "LM_MODEL_URL"), "")
    assert starter.value("--ctx-size", **empty) == "32768"


def test_waiting_threads_spin_briefly_and_sleep_unless_told_otherwise(starter: Starter) -> None:
    policy = starter.told.with_name("told.policy")
    starter.run()
    assert policy.read_text() == "passive 1000\n"
    starter.run(GOMP_SPINCOUNT="5")
    assert policy.read_text() == "passive 5\n"
    starter.run(OMP_WAIT_POLICY="active")
    assert policy.read_text() == "active \n"


def test_arguments_of_ones_own_are_added(starter: Starter) -> None:
    assert starter.arguments("--verbosity", "4")[-2:] == ["--verbosity", "4"]


def test_an_own_file_serves_under_its_own_name(starter: Starter, tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    for model in (str(tmp_path / "mine.gguf"), "mine.gguf"):
        assert starter.value("--model", LM_MODEL=model) == str(tmp_path / "mine.gguf")
        assert starter.value("--alias", LM_MODEL=model) == "mine"


def test_an_own_address_means_the_file_fetched_from_it(starter: Starter, tmp_path: Path) -> None:
    (tmp_path / "own.gguf").write_bytes(b"GGUF")
    url = "https://models.example/a/own.gguf?download=true"
    assert starter.value("--model", LM_MODEL_URL=url) == str(tmp_path / "own.gguf")
    assert starter.value("--alias", LM_MODEL_URL=url) == "own"


def test_a_missing_model_names_the_command_that_brings_it(starter: Starter) -> None:
    starter.model.unlink()
    done = starter.run()
    assert done.returncode == 2
    assert str(starter.model) in done.stderr
    assert "docker compose run --rm model" in done.stderr
    assert f"{ROOT}/lm-api/fetch.py" in done.stderr


def test_a_missing_or_empty_key_is_refused(starter: Starter, tmp_path: Path) -> None:
    for content in (None, ""):
        key = tmp_path / "other-key"
        if content is not None:
            key.write_text(content)
        done = starter.run(LM_API_KEY_FILE=str(key))
        assert done.returncode == 2
        assert "secrets/make" in done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"LM_SLOTS": "many"}, "LM_SLOTS must be a whole number"),
        ({"LM_SLOTS": "0"}, "LM_SLOTS must be at least 1"),
        ({"LM_CONTEXT": "-1"}, "LM_CONTEXT must be a whole number"),
        ({"LM_CONTEXT": "100000"}, "at most 32768"),
        ({"LM_MODEL": "gpt-5"}, "Choose one of: qwen2.5-0.5b-instruct-q8_0"),
    ],
)
def test_a_wrong_setting_is_told_by_name(
    starter: Starter, settings: dict[str, str], said: str
) -> None:
    done = starter.run(**settings)
    assert done.returncode == 2
    assert said in done.stderr
    assert not starter.told.exists()


def test_without_a_llama_server_python_serves(starter: Starter) -> None:
    expected = starter.arguments()
    (starter.folder / "bin" / "llama-server").unlink()
    starter.put_program("python")
    assert starter.arguments(PYTHON="python") == [
        f"{ROOT}/lm-api/xllamacpp_server.py",
        *expected,
    ]


def test_a_llama_server_too_old_for_the_list_is_passed_over(starter: Starter) -> None:
    starter.put_program("llama-server", help_text="--slots N")
    starter.put_program("python")
    done = starter.run(PYTHON="python")
    assert "too old" in done.stderr
    assert starter.told.read_text().splitlines()[1].endswith("xllamacpp_server.py")


def test_a_server_of_ones_own_can_be_named(starter: Starter) -> None:
    starter.put_program("my-server")
    starter.run(LLAMA_SERVER="my-server")
    assert starter.told.read_text().splitlines()[0].endswith("/my-server")


def test_a_named_server_that_is_not_there_is_told(starter: Starter) -> None:
    done = starter.run(LLAMA_SERVER="/no/such/server")
    assert done.returncode == 2
    assert "/no/such/server is not a program" in done.stderr


def make_machine(root: Path, siblings: list[str], allowed: str, limit: str | None) -> None:
    """A fake /proc and /sys: each CPU's hyper-thread siblings, who may run, the cgroup's limit."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/status").write_text(f"Name:\tsh\nCpus_allowed_list:\t{allowed}\n")
    for number, names in enumerate(siblings):
        topology = root / f"sys/devices/system/cpu/cpu{number}/topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(names + "\n")
    if limit is not None:
        (root / "sys/fs/cgroup").mkdir(parents=True)
        (root / "sys/fs/cgroup/cpu.max").write_text(limit + "\n")


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
    make_machine(tmp_path, siblings, allowed, limit)
    counted = subprocess.run(
        [ROOT / "lm-api" / "count-cores", tmp_path], capture_output=True, text=True, check=True
    )
    assert counted.stdout == f"{cores}\n"
