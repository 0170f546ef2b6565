"""What makes SmolLM2 a model that sees, for tests: a tiny vision encoder with random weights. What
it makes of a picture means nothing; llama.cpp's server reads pictures with it as with any other. It
is of LLaVA's shape: SmolVLM's marks its pictures by tokens that SmolLM2 lacks."""

from pathlib import Path

import gguf
import numpy as np

TEXT_WIDTH = 576  # SmolLM2-135M's
WIDTH, HIDDEN, HEADS, LAYERS = 32, 64, 2, 2
IMAGE, PATCH = 64, 16  # pixels: a picture is 16 tokens


def write_projector(path: Path) -> None:
    """A GGUF file, always the same one."""
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type(gguf.GGUFType.MMPROJ)
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("mlp")
    writer.add_vision_projection_dim(TEXT_WIDTH)
    writer.add_vision_image_size(IMAGE)
    writer.add_vision_patch_size(PATCH)
    writer.add_vision_embedding_length(WIDTH)
    writer.add_vision_feed_forward_length(HIDDEN)
    writer.add_vision_block_count(LAYERS)
    writer.add_vision_head_count(HEADS)
    writer.add_vision_attention_layernorm_eps(1e-6)
    writer.add_vision_use_gelu(True)
    writer.add_vision_image_mean([0.5, 0.5, 0.5])
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    for name, shape in list_tensors().items():
        # Each drawn by its own name, so that none depends on the order.
        random = np.random.default_rng(list(name.encode()))
        writer.add_tensor(name, random.normal(0, 0.1, shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def list_tensors() -> dict[str, tuple[int, ...]]:
    """Their shapes, the output first."""
    linear = {
        f"v.blk.{layer}.{name}": shape
        for layer in range(LAYERS)
        for name, shape in {
            **dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_out"), (WIDTH, WIDTH)),
            "ffn_up": (HIDDEN, WIDTH),
            "ffn_down": (WIDTH, HIDDEN),
        }.items()
    } | {"mm.0": (TEXT_WIDTH, WIDTH), "mm.2": (TEXT_WIDTH, TEXT_WIDTH)}
    norms = [f"v.blk.{layer}.{name}" for layer in range(LAYERS) for name in ("ln1", "ln2")]
    return {
        "v.patch_embd.weight": (WIDTH, 3, PATCH, PATCH),
        "v.position_embd.weight": ((IMAGE // PATCH) ** 2, WIDTH),
        **{f"{name}.weight": shape for name, shape in linear.items()},
        **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
        **{f"{name}.{part}": (WIDTH,) for name in norms for part in ("weight", "bias")},
    }
