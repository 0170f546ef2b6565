"""The server that made the vectors, asked for those of questions."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import httpx
from tests.support.local_stack import LocalStack

Vector = list[float]


class Embed:
    """Asked as chat-ui asks it."""

    def __init__(self, url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=120, trust_env=False)

    @classmethod
    def of(cls, parley: LocalStack) -> "Embed":
        """The one of this Parley."""
        key = Path(parley.environment("embed")["EMBED_KEY_FILE"]).read_text().strip()
        return cls(f"http://127.0.0.1:{parley.ports['embed']}", key)

    def is_up(self) -> bool:
        try:
            return self._http.get("/v1/models").is_success
        except httpx.TransportError:
            return False

    @cached_property
    def name(self) -> str:
        """Of its model."""
        return str(self._http.get("/v1/models").raise_for_status().json()["data"][0]["id"])

    def embed(self, questions: Iterable[str]) -> list[Vector]:
        """One at a time, as they come."""
        prefix = "query: " if "e5-" in self.name.lower() else ""
        return [self._embed(prefix + question) for question in questions]

    def _embed(self, text: str) -> Vector:
        answer = self._http.post("/v1/embeddings", json={"input": [text]}).raise_for_status()
        vector: Vector = answer.json()["data"][0]["embedding"]
        return vector
