"""A question-answering model for tests: how likely an answer starts or ends with a token depends on
the token alone, by weights that the test gives it. onnxruntime runs it as any other."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
INPUTS = ("input_ids", "attention_mask")
OUTPUTS = ("start_logits", "end_logits")

Weights = Mapping[str, tuple[float, float]]


def write_answer_model(
    folder: Path,
    weights: Weights,
    inputs: tuple[str, ...] = INPUTS,
    outputs: tuple[str, ...] = OUTPUTS,
) -> None:
    """`weights` are those of words, or of parts of words (`##ing`), as the first and as the last of
    an answer. That of "[CLS]" is that of no answer; what isn't named has none."""
    folder.mkdir()
    vocabulary = list(dict.fromkeys([*SPECIAL, *weights]))
    write_tokenizer(folder / "tokenizer.json", vocabulary)
    known: Weights = dict.fromkeys(SPECIAL, (0.0, 0.0)) | dict(weights)
    table = np.array([known[token] for token in vocabulary], dtype=np.float32)
    tokens = ["1", "tokens"]
    graph = helper.make_graph(
        [helper.make_node("Gather", [name, "input_ids"], [name + "_logits"]) for name in "ab"]
        + [
            helper.make_node("Identity", [f"{name}_logits"], [output])
            for name, output in zip("ab", outputs, strict=True)
        ],
        "answer",
        [helper.make_tensor_value_info(name, TensorProto.INT64, tokens) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, tokens) for name in outputs],
        [numpy_helper.from_array(table[:, n].copy(), name) for n, name in enumerate("ab")],
    )
    versions = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=versions, ir_version=8)
    onnx.save(model, folder / "model.onnx")


def write_tokenizer(file: Path, vocabulary: list[str]) -> None:
    """Words, or parts of words, each a token; two texts as BERT has them."""
    ids = {token: n for n, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"])
    )
    tokenizer.save(str(file))
