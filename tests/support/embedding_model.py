"""An embedding model for tests, with random weights: its vectors mean nothing, but llama.cpp's
server makes them of it as of any other."""

import string
from pathlib import Path

import gguf
import numpy as np

SIZE, CONTEXT, WIDTH = 384, 512, 32
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# Each letter by itself, at the beginning of a word (marked, as llama.cpp does) or within.
LETTERS = string.ascii_lowercase + string.digits + string.punctuation
TOKENS = [*SPECIAL, *(f"\u2581{letter}" for letter in LETTERS), *LETTERS]


def write_embedding_model(path: Path, size: int = SIZE) -> None:
    """A BERT of one layer as a GGUF file, always the same one."""
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(size)
    writer.add_block_count(1)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(6)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_tokenizer_model("bert")
    writer.add_token_list(TOKENS)
    writer.add_token_types(
        [gguf.TokenType.CONTROL] * len(SPECIAL)
        + [gguf.TokenType.NORMAL] * (len(TOKENS) - len(SPECIAL))
    )
    writer.add_token_type_count(2)
    for add, token in (
        (writer.add_pad_token_id, "[PAD]"),
        (writer.add_unk_token_id, "[UNK]"),
        (writer.add_bos_token_id, "[CLS]"),
        (writer.add_sep_token_id, "[SEP]"),
        (writer.add_mask_token_id, "[MASK]"),
    ):
        add(TOKENS.index(token))
    for name, shape in list_tensors(size).items():
        # Each drawn by its own name, so that none depends on the order.
        random = np.random.default_rng(list(name.encode()))
        writer.add_tensor(name, random.normal(0, 0.5, shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def list_tensors(size: int) -> dict[str, tuple[int, ...]]:
    """Their shapes, the output first."""
    linear = {
        "blk.0.attn_q": (size, size),
        "blk.0.attn_k": (size, size),
        "blk.0.attn_v": (size, size),
        "blk.0.attn_output": (size, size),
        "blk.0.ffn_up": (WIDTH, size),
        "blk.0.ffn_down": (size, WIDTH),
    }
    norms = ("token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm")
    return {
        "token_embd.weight": (len(TOKENS), size),
        "token_types.weight": (2, size),
        "position_embd.weight": (CONTEXT, size),
        **{f"{name}.weight": shape for name, shape in linear.items()},
        **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
        **{f"{name}.{part}": (size,) for name in norms for part in ("weight", "bias")},
    }
