"""An embedding model for tests, with random weights: its vectors mean nothing, but llama.cpp's
server makes them of it as of any other."""

import string
from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt
from gguf.quants import quantize

SIZE, CONTEXT, WIDTH = 384, 512, 32
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# Each letter by itself, at the beginning of a word (marked, as llama.cpp does) or within.
LETTERS = string.ascii_lowercase + string.digits + string.punctuation
MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_up", "ffn_down")
LARGE = ("token_embd.weight", *(f"{name}.weight" for name in MATRICES))
TOKENS = [*SPECIAL, *(f"\u2581{letter}" for letter in LETTERS), *LETTERS]


def write_embedding_model(path: Path, size: int = SIZE) -> None:
    """A BERT of one layer as a GGUF file, always the same one."""
    tensors = {
        # Each drawn by its own name, so that none depends on the order.
        name: np.random.default_rng(list(name.encode())).normal(0, 0.5, shape)
        for name, shape in list_tensors(size).items()
    }
    write_bert(path, TOKENS, tensors, heads=6)


def write_bert(
    path: Path,
    tokens: list[str],
    tensors: Mapping[str, npt.NDArray[np.floating]],
    heads: int,
    kind: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F32,
) -> None:
    """A BERT as a GGUF file. Its words begin with a mark, other parts of words do not; `tensors`
    have llama.cpp's names, matrices are (outputs, inputs). `kind` is that of the large ones."""
    width, context = tensors["token_embd.weight"].shape[1], len(tensors["position_embd.weight"])
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(sum(name.endswith("attn_q.weight") for name in tensors))
    writer.add_feed_forward_length(len(tensors["blk.0.ffn_up.weight"]))
    writer.add_head_count(heads)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_tokenizer_model("bert")
    writer.add_token_list(tokens)
    kinds = gguf.TokenType
    writer.add_token_types([kinds.CONTROL if t in SPECIAL else kinds.NORMAL for t in tokens])
    writer.add_token_type_count(len(tensors["token_types.weight"]))
    for add, token in (
        (writer.add_pad_token_id, "[PAD]"),
        (writer.add_unk_token_id, "[UNK]"),
        (writer.add_bos_token_id, "[CLS]"),
        (writer.add_sep_token_id, "[SEP]"),
        (writer.add_mask_token_id, "[MASK]"),
    ):
        add(tokens.index(token))
    for name, values in tensors.items():
        as_kind = kind if name.endswith(LARGE) else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, quantize(values.astype(np.float32), as_kind), raw_dtype=as_kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def list_tensors(
    size: int, layers: int = 1, hidden: int = WIDTH, tokens: int = len(TOKENS)
) -> dict[str, tuple[int, ...]]:
    """The shape of each."""
    linear: dict[str, tuple[int, ...]] = {}
    norms = ["token_embd_norm"]
    for block in (f"blk.{number}" for number in range(layers)):
        linear |= {f"{block}.attn_{each}": (size, size) for each in ("q", "k", "v", "output")}
        linear |= {f"{block}.ffn_up": (hidden, size), f"{block}.ffn_down": (size, hidden)}
        norms += [f"{block}.attn_output_norm", f"{block}.layer_output_norm"]
    return {
        "token_embd.weight": (tokens, size),
        "token_types.weight": (2, size),
        "position_embd.weight": (CONTEXT, size),
        **{f"{name}.weight": shape for name, shape in linear.items()},
        **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
        **{f"{name}.{part}": (size,) for name in norms for part in ("weight", "bias")},
    }
