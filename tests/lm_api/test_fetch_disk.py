"""Fetching a model onto a disk that is too small."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lm_api.fetcher import SHA256, Fetcher
from tests.lm_api.source import CONTENT, Source


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
