"""Vectors for tests."""

from random import Random
from typing import Any

Vectors = list[float]


def make_vector(seed: int) -> Vectors:
    """Some direction; far from that of any other seed."""
    random = Random(seed)
    return [random.uniform(-1, 1) for _ in range(384)]


def tell(passage: int, *vectors: Vectors) -> list[dict[str, Any]]:
    """Of a passage's first characters, as sentences."""
    return [
        {"passage": passage, "start": n, "end": n + 1, "vector": vector}
        for n, vector in enumerate(vectors)
    ]
