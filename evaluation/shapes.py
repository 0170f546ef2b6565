"""Stand-ins for models that could not be fetched: their shape, and random weights. What they take
of memory depends on the shape; their vectors and answers mean nothing."""

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic  # type: ignore[import-untyped]
from tests.support.answer_model import write_tokenizer
from tests.support.embedding_model import SPECIAL, list_tensors, write_bert

Weights = NDArray[np.float32]

EMBEDDER = "multilingual-e5-small, q8_0"
HEAD = "tinyroberta-squad2, 8 bits"
SPREAD = 0.02  # standard deviation of the weights
RANDOM = np.random.default_rng(384)


def draw(*shape: int) -> Weights:
    return RANDOM.standard_normal(shape, np.float32) * np.float32(SPREAD)


def write_embedder(
    path: Path, *, layers: int = 12, size: int = 384, hidden: int = 1536, tokens: int = 250_037
) -> str:
    """A BERT, as a GGUF file; its path."""
    words = [*SPECIAL, *(f"\u2581{n:x}" for n in range(tokens - len(SPECIAL)))]
    shapes = list_tensors(size, layers, hidden, tokens)
    tensors = {name: draw(*shape) for name, shape in shapes.items()}
    write_bert(path, words, tensors, heads=12, kind=gguf.GGMLQuantizationType.Q8_0)
    return str(path)


def write_head(
    folder: Path, *, layers: int = 6, size: int = 768, hidden: int = 3072, tokens: int = 50_265
) -> str:
    """A question-answering RoBERTa, as an ONNX file with its tokenizer; their folder."""
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"{n:x}" for n in range(tokens - 4))]
    write_tokenizer(folder / "tokenizer.json", words)
    net = _Net()
    places = net.keep(np.arange(514, dtype=np.int64))
    length = net.node("Slice", net.node("Shape", "input_ids"), *map(net.index, (1, 2)))
    numbers = net.node("Slice", places, net.index(0), length)
    x = net.node("Gather", net.keep(draw(tokens, size)), "input_ids")
    x = net.normal(net.node("Add", x, net.node("Gather", net.keep(draw(514, size)), numbers)), size)
    for _ in range(layers):
        x = net.normal(net.node("Add", x, net.attend(x, size)), size)
        inner = net.node("Relu", net.linear(x, size, hidden))
        x = net.normal(net.node("Add", x, net.linear(inner, hidden, size)), size)
    for name in ("start_logits", "end_logits"):
        net.node("Squeeze", net.linear(x, size, 1), net.index(2), output=name)
    onnx.save(net.build(), folder / "float.onnx")
    quantize_dynamic(folder / "float.onnx", folder / "model.onnx")
    (folder / "float.onnx").unlink()
    return str(folder)


class _Net:
    """A graph that grows; each method returns the name of what it has added."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._kept: list[onnx.TensorProto] = []

    def keep(self, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        self._kept.append(numpy_helper.from_array(values, f"w{len(self._kept)}"))
        return str(self._kept[-1].name)

    def index(self, *numbers: int) -> str:
        return self.keep(np.array(numbers, np.int64))

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def linear(self, x: str, inputs: int, outputs: int) -> str:
        product = self.node("MatMul", x, self.keep(draw(inputs, outputs)))
        return self.node("Add", product, self.keep(draw(outputs)))

    def normal(self, x: str, size: int) -> str:
        ones, zeros = np.ones(size, np.float32), np.zeros(size, np.float32)
        return self.node("LayerNormalization", x, self.keep(ones), self.keep(zeros))

    def attend(self, x: str, size: int, heads: int = 12) -> str:
        split, joined = self.index(0, 0, heads, size // heads), self.index(0, 0, size)
        query, key, value = (
            self.node(
                "Transpose",
                self.node("Reshape", self.linear(x, size, size), split),
                perm=[0, 2, 3, 1] if part == "key" else [0, 2, 1, 3],
            )
            for part in ("query", "key", "value")
        )
        weights = self.node("Softmax", self.node("MatMul", query, key), axis=-1)
        seen = self.node("Transpose", self.node("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self.linear(self.node("Reshape", seen, joined), size, size)

    def build(self) -> onnx.ModelProto:
        tokens = ["1", "tokens"]
        names = [("input_ids", TensorProto.INT64), ("attention_mask", TensorProto.INT64)]
        given = [helper.make_tensor_value_info(name, kind, tokens) for name, kind in names]
        outputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, tokens)
            for name in ("start_logits", "end_logits")
        ]
        graph = helper.make_graph(self._nodes, "answer", given, outputs, self._kept)
        versions = [helper.make_opsetid("", 17)]
        return helper.make_model(graph, opset_imports=versions, ir_version=8)
