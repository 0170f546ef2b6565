"""Makes a stand-in for the default model: its shape, tokenizer and chat template, random weights.

What a token costs depends on the shape, not on the numbers in it, so speed can be measured where
the model itself can't be fetched. Its text is noise, which does not tokenise back: it says nothing
about answers, nor about what a next turn finds in a cache. Run as `python -m bench.shape`.
"""

import math
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType
from gguf.quants import quant_shape_to_byte_shape, quantize
from local.say import Problem
from local.stack import ROOT

from bench.tokenizer import add_tokenizer, fetch_tokenizer

NAME = "qwen2-shape-random-q8_0.gguf"
Q8_0, F32 = GGMLQuantizationType.Q8_0, GGMLQuantizationType.F32
SEED = 896
SPREAD = 0.02  # standard deviation of the weights: activations stay near 1
BLOCK_ROWS = 4096  # drawn and quantized in one go, to spare memory

Sizes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Shape:
    """The sizes of a qwen2 model, by default those of Qwen2.5-0.5B-Instruct."""

    layers: int = 24
    width: int = 896
    hidden: int = 4864
    heads: int = 14
    kv_heads: int = 2
    context: int = 32_768  # tokens


def make_model(
    models: Path = ROOT / ".cache" / "models",
    shape: Shape = Shape(),
    fetch: Callable[[Path], tuple[Path, str]] = fetch_tokenizer,
) -> Path:
    """The model's file in `models`, made if it is not there; it gets its name when it is whole."""
    path = models / NAME
    models.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return path
    with tempfile.TemporaryDirectory(dir=models, prefix=".shape-") as folder:
        work = Path(folder)
        vocabulary, template = fetch(work)
        writer = GGUFWriter(None, "qwen2")
        _describe(writer, shape)
        tokens = add_tokenizer(writer, vocabulary, template)
        _write(writer, work / NAME, list_tensors(shape, tokens))
        (work / NAME).replace(path)
    return path


def list_tensors(shape: Shape, tokens: int) -> Sizes:
    """Each tensor's name and size, a matrix's as (outputs, inputs), in the file's order.

    The embeddings are the output matrix as well, so that there is no `output.weight`.
    """
    width, hidden = shape.width, shape.hidden
    kv_width = width // shape.heads * shape.kv_heads
    layer: Sizes = {"attn_norm.weight": (width,)}
    for name, outputs in (("attn_q", width), ("attn_k", kv_width), ("attn_v", kv_width)):
        layer |= {f"{name}.weight": (outputs, width), f"{name}.bias": (outputs,)}
    layer |= {"attn_output.weight": (width, width), "ffn_norm.weight": (width,)}
    layer |= {"ffn_gate.weight": (hidden, width), "ffn_up.weight": (hidden, width)}
    layer |= {"ffn_down.weight": (width, hidden)}
    layers = {f"blk.{n}.{name}": size for n in range(shape.layers) for name, size in layer.items()}
    return {"token_embd.weight": (tokens, width), **layers, "output_norm.weight": (width,)}


def _describe(writer: GGUFWriter, shape: Shape) -> None:
    writer.add_name("Qwen2.5-0.5B-Instruct's shape with random weights")
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(2)
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)


def _write(writer: GGUFWriter, path: Path, sizes: Sizes) -> None:
    """Draws and writes one tensor after the other; always the same ones."""
    types = {name: Q8_0 if len(size) > 1 else F32 for name, size in sizes.items()}
    for name, size in sizes.items():
        stored = quant_shape_to_byte_shape(size, types[name])
        writer.add_tensor_info(name, stored, np.dtype(np.uint8), math.prod(stored), types[name])
    total = sum(map(math.prod, sizes.values()))
    print(f"Writing {total / 1e6:,.0f} million random weights, in half a minute", flush=True)
    random = np.random.default_rng(SEED)
    with closing(writer):
        writer.write_header_to_file(path)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for name, size in sizes.items():
            writer.write_tensor_data(_draw(random, name, size, types[name]))


def _draw(
    random: np.random.Generator, name: str, size: tuple[int, ...], kind: GGMLQuantizationType
) -> npt.NDArray[Any]:
    """The tensor as it is stored: a norm's weights are 1, all others random and small."""
    if name.endswith("norm.weight"):
        return np.ones(size, np.float32)
    heights = (min(BLOCK_ROWS, size[0] - start) for start in range(0, size[0], BLOCK_ROWS))
    blocks = (random.standard_normal((height, *size[1:]), np.float32) for height in heights)
    return np.concatenate([quantize(block * np.float32(SPREAD), kind) for block in blocks])


if __name__ == "__main__":
    try:
        print(make_model())
    except Problem as problem:
        sys.exit(f"shape: {problem}")
