"""A model of whisper.cpp's format that has learnt nothing: whatever it hears, it says the same.

Its weights are zero but for the decoder's positions and tokens: each position leads to the token
that is to come there.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

WIDTH, HEADS, LAYERS, MELS = 64, 1, 1, 80
VOCABULARY = 51_865  # of the models for many languages
SOUND, TEXT = 1_500, 448  # steps that it hears and says at most
END, BEGIN = 50_257, 50_364  # tokens: the end, and the time 0.00
FIRST = 2  # the position of the last of three tokens with which each text begins

Tensor = tuple[str, np.ndarray]


def write_whisper_model(file: Path, *said: str) -> Path:
    """A file of it, which says these words; each should begin with a space."""
    words = [*said, " ", " -", " '"]
    sizes = (VOCABULARY, SOUND, WIDTH, HEADS, LAYERS, TEXT, WIDTH, HEADS, LAYERS, MELS, 1)
    with file.open("wb") as out:
        out.write(struct.pack("<12i", 0x67676D6C, *sizes))
        out.write(struct.pack("<2i", MELS, 201) + bytes(MELS * 201 * 4))
        out.write(struct.pack("<i", len(words)))
        for word in words:
            out.write(struct.pack("<i", len(word.encode())) + word.encode())
        for name, values in list_tensors(len(said)):
            kind = 1 if values.dtype == np.float16 else 0
            out.write(struct.pack("<3i", values.ndim, len(name), kind))
            out.write(struct.pack(f"<{values.ndim}i", *reversed(values.shape)))
            out.write(name.encode() + values.tobytes())
    return file


def list_tensors(said: int) -> Iterator[Tensor]:
    """By their names in the file. The first words of the vocabulary are what is said."""
    positions = np.zeros((TEXT, WIDTH), np.float32)
    np.fill_diagonal(positions, 100)
    tokens = np.zeros((VOCABULARY, WIDTH), np.float16)
    for place, token in enumerate([BEGIN, *range(said), END]):
        tokens[token, FIRST + place] = 4
    yield "encoder.positional_embedding", zeros(SOUND, WIDTH)
    yield from convolution("encoder.conv1", MELS)
    yield from convolution("encoder.conv2", WIDTH)
    yield from norm("encoder.ln_post")
    yield "decoder.positional_embedding", positions
    yield "decoder.token_embedding.weight", tokens
    yield from norm("decoder.ln")
    for layer in range(LAYERS):
        yield from block(f"encoder.blocks.{layer}", ("attn",))
        yield from block(f"decoder.blocks.{layer}", ("attn", "cross_attn"))


def block(name: str, attentions: tuple[str, ...]) -> Iterator[Tensor]:
    for attention in attentions:
        yield from norm(f"{name}.{attention}_ln")
        for part in ("query", "key", "value", "out"):
            yield f"{name}.{attention}.{part}.weight", weights(WIDTH, WIDTH)
            if part != "key":
                yield f"{name}.{attention}.{part}.bias", zeros(WIDTH)
    yield from norm(f"{name}.mlp_ln")
    for part, size, before in (("0", 4 * WIDTH, WIDTH), ("2", WIDTH, 4 * WIDTH)):
        yield f"{name}.mlp.{part}.weight", weights(size, before)
        yield f"{name}.mlp.{part}.bias", zeros(size)


def convolution(name: str, before: int) -> Iterator[Tensor]:
    yield f"{name}.weight", weights(WIDTH, before, 3)
    yield f"{name}.bias", zeros(WIDTH, 1)


def norm(name: str) -> Iterator[Tensor]:
    yield f"{name}.weight", np.ones(WIDTH, np.float32)
    yield f"{name}.bias", zeros(WIDTH)


def weights(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float16)


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)
