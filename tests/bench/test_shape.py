"""The stand-in model is what it promises to be, or there is no file of its name."""

import os
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, TokenType
from gguf.quants import dequantize

from bench import shape, tokenizer
from bench.shape import Shape, make_model
from local.say import Problem

TINY = Shape(layers=1, width=64, hidden=96, heads=2, kv_heads=1, context=512)
TOKENS = ["a", "b", "ab", "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TYPES = [TokenType.NORMAL] * 3 + [TokenType.CONTROL] * 3
TEMPLATE = "{{ messages[0].content }}"

# As a GGUF file says it: the length of a row first.
MATRICES = {
    "token_embd.weight": [64, 6],
    "blk.0.attn_q.weight": [64, 64],
    "blk.0.attn_k.weight": [64, 32],
    "blk.0.attn_v.weight": [64, 32],
    "blk.0.attn_output.weight": [64, 64],
    "blk.0.ffn_gate.weight": [64, 96],
    "blk.0.ffn_up.weight": [64, 96],
    "blk.0.ffn_down.weight": [96, 64],
}
BIASES = {"blk.0.attn_q.bias": [64], "blk.0.attn_k.bias": [32], "blk.0.attn_v.bias": [32]}
NORMS = {
    "blk.0.attn_norm.weight": [64],
    "blk.0.ffn_norm.weight": [64],
    "output_norm.weight": [64],
}


def bring_tiny_tokenizer(work: Path) -> tuple[Path, str]:
    path = work / "vocabulary.gguf"
    writer = GGUFWriter(path, "qwen2")
    writer.add_embedding_length(4096)  # of the model it was taken from; must not be copied
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(TOKENS)
    writer.add_token_types(TYPES)
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(TOKENS.index("<|endoftext|>"))
    writer.add_chat_template("another")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path, TEMPLATE


def make_tiny(models: Path) -> Path:
    return make_model(models, TINY, bring_tiny_tokenizer)


def test_its_shape_and_tokenizer_are_as_asked(tmp_path: Path) -> None:
    path = make_tiny(tmp_path)
    assert path == tmp_path / "qwen2-shape-random-q8_0.gguf"
    found = {name: field.contents() for name, field in GGUFReader(path).fields.items()}
    promised = {
        "general.architecture": "qwen2",
        "general.file_type": 7,
        "qwen2.block_count": 1,
        "qwen2.embedding_length": 64,
        "qwen2.feed_forward_length": 96,
        "qwen2.attention.head_count": 2,
        "qwen2.attention.head_count_kv": 1,
        "qwen2.context_length": 512,
        "qwen2.rope.freq_base": 1e6,
        "qwen2.attention.layer_norm_rms_epsilon": pytest.approx(1e-6),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": TOKENS,
        "tokenizer.ggml.token_type": TYPES,
        "tokenizer.ggml.merges": ["a b"],
        "tokenizer.ggml.eos_token_id": TOKENS.index("<|im_end|>"),
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": TEMPLATE,
    }
    assert {name: found.get(name) for name in promised} == promised


def test_its_tensors_are_those_of_a_qwen2_model(tmp_path: Path) -> None:
    tensors = {tensor.name: tensor for tensor in GGUFReader(make_tiny(tmp_path)).tensors}
    assert {name: list(t.shape) for name, t in tensors.items()} == MATRICES | BIASES | NORMS
    types = dict.fromkeys(MATRICES, GGMLQuantizationType.Q8_0)
    types |= dict.fromkeys(BIASES | NORMS, GGMLQuantizationType.F32)
    assert {name: tensor.tensor_type for name, tensor in tensors.items()} == types
    for name, tensor in tensors.items():
        weights = dequantize(tensor.data, tensor.tensor_type)
        if name in NORMS:
            assert (weights == 1).all()
        else:
            assert 0.01 < weights.std() < 0.03, name


def test_the_default_is_as_large_as_qwen2_5_0_5b() -> None:
    sizes = shape.list_tensors(Shape(), 151_936)
    assert len(sizes) == 2 + 24 * 12
    assert sum(int(np.prod(size)) for size in sizes.values()) == 494_032_768


def test_a_block_at_a_time_makes_a_whole_tensor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shape, "BLOCK_ROWS", 5)  # divides none of the sizes
    in_blocks = make_tiny(tmp_path / "blocks").read_bytes()
    monkeypatch.undo()
    assert in_blocks == make_tiny(tmp_path / "whole").read_bytes()


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    both = [make_tiny(tmp_path).stat() for _ in range(2)]
    assert len({(each.st_ino, each.st_mtime_ns) for each in both}) == 1


def test_a_broken_run_leaves_nothing_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        assert list(tmp_path.rglob("qwen2-*.gguf")), "it is being written"
        raise KeyboardInterrupt

    monkeypatch.setattr(shape, "quantize", fail)
    with pytest.raises(KeyboardInterrupt):
        make_tiny(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_package_that_pip_cannot_bring_is_a_problem_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(Problem, match=tokenizer.PACKAGE) as problem:
        make_model(tmp_path, TINY)
    assert "\n" not in str(problem.value)
    assert not list(tmp_path.glob("*.gguf"))
