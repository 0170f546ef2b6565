"""Models are fetched before the services need them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import Mock

import pytest

from local import launch
from local.model import (
    SMALL,
    begin_fetching_whisper_model,
    bring_model,
    bring_optional_model,
)
from local.stack import Stack


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[int]:
    """lm-api's open pid file, which its fetcher inherits."""
    with (tmp_path / "lock").open("w") as file:
        yield file.fileno()


def write_fetcher(directory: Path, script: str) -> str:
    """A program that stands in for Python, and so for the model's fetcher."""
    fetcher = directory / "python"
    fetcher.write_text(f"#!/bin/sh\n{script}\n")
    fetcher.chmod(0o755)
    return str(fetcher)


def test_a_model_that_transcribes_is_fetched_beside_doc_worker(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **more: started.append((words, more)))
    monkeypatch.setenv("WHISPER_MODEL", "ggml-base-q5_1")
    monkeypatch.setenv("LM_MODEL_URL", "https://x/y.gguf")
    begin_fetching_whisper_model(stack.environment("doc-worker"), 5)
    ((((command,),), options),) = started
    assert os.access(command, os.X_OK)
    assert options["pass_fds"] == [5]
    told = options["env"]
    assert (told["LM_MODEL"], told["LM_MODEL_URL"]) == ("ggml-base-q5_1", "")


@pytest.mark.parametrize(
    ("service", "model", "fetched"),
    [("doc-worker", "a-model", 1), ("doc-worker", "", 0), ("nginx", "a-model", 0)],
)
def test_only_doc_worker_needs_it(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, service: str, model: str, fetched: int
) -> None:
    settings = {"PARLEY_HOME": str(stack.home), "PORT": str(stack.port), "WHISPER_MODEL": model}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["launch", service])
    monkeypatch.setattr(launch, "begin_fetching_whisper_model", fetch := Mock())
    monkeypatch.setattr(os, "chdir", lambda folder: None)
    monkeypatch.setattr(os, "execve", start := Mock())
    launch.main()
    assert (fetch.call_count, start.call_count) == (fetched, 1)


def test_offline_the_small_model_is_taken_and_kept_for_the_run(
    tmp_path: Path, lock: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """The fetcher never reaches the default model's source."""
    calls = tmp_path / "calls"
    script = f'echo "$LM_MODEL" >>{calls}\n[ "$LM_MODEL" = {SMALL} ] || exit 3'
    fetcher = write_fetcher(tmp_path, script)
    environment = {"PYTHON": fetcher, "LM_MODEL": "large", "LM_CONTEXT": "16384"}
    small = {"LM_MODEL": SMALL, "LM_MODEL_URL": "", "LM_CONTEXT": "8192"}
    for _ in range(2):
        settings = bring_model(environment, tmp_path / "fallen-back", lock)
        assert {name: settings[name] for name in small} == small
    assert calls.read_text().split() == ["large", SMALL, SMALL]
    assert "continuing with the small model" in capfd.readouterr().out


def test_with_its_model_lm_api_has_the_settings_that_it_was_given(
    tmp_path: Path, lock: int
) -> None:
    environment = {"PYTHON": write_fetcher(tmp_path, "exit 0"), "LM_MODEL": "large"}
    assert bring_model(environment, tmp_path / "fallen-back", lock) == environment


@pytest.mark.parametrize("code", [0, 3])
def test_without_an_optional_model_its_service_ends_after_a_while(
    tmp_path: Path, lock: int, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr("local.model.PAUSE", 0)
    environment = {"PYTHON": write_fetcher(tmp_path, f"exit {code}")}
    with pytest.raises(SystemExit, match="3") if code else nullcontext():
        bring_optional_model("embed", environment, lock)


def test_another_failure_of_the_fetcher_is_not_covered_up(tmp_path: Path, lock: int) -> None:
    calls = tmp_path / "calls"
    fetcher = write_fetcher(tmp_path, f"echo >>{calls}; exit 4")  # what came is not the model
    with pytest.raises(SystemExit) as ended:
        bring_model({"PYTHON": fetcher}, tmp_path / "fallen-back", lock)
    assert ended.value.code == 4
    assert calls.read_text() == "\n"


@pytest.mark.parametrize(("model", "tried"), [("large", ["large", SMALL]), (SMALL, [SMALL])])
def test_if_the_small_model_is_out_of_reach_too_nothing_is_settled(
    tmp_path: Path, lock: int, model: str, tried: list[str]
) -> None:
    calls = tmp_path / "calls"
    fetcher = write_fetcher(tmp_path, f'echo "$LM_MODEL" >>{calls}; exit 3')
    with pytest.raises(SystemExit) as ended:
        bring_model({"PYTHON": fetcher, "LM_MODEL": model}, tmp_path / "fallen-back", lock)
    assert (ended.value.code, calls.read_text().split()) == (3, tried)
    assert not (tmp_path / "fallen-back").exists()
