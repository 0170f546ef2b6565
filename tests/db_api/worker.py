"""A doc-worker, as db-api sees it."""

from typing import Any

import httpx

from tests.db_api.api import body

PAGE = {"number": 1, "text": "One. Two.", "source": "text", "passages": [[0, 4], [5, 9]]}
ENDING = {"read_with": "eyes", "error": None}
LEASE_RUNS_OUT = "UPDATE documents SET lease_until = now() - interval '1 s' WHERE state = 'running'"


class Worker:
    """What it asks, by its name."""

    def __init__(self, http: httpx.Client, name: str = "w") -> None:
        self.http, self.name = http, name

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"X-Worker": self.name}
        return self.http.request(method, f"/reading{path}", headers=headers, **more)

    def claim(
        self,
        *,
        ocr: bool = True,
        sound: bool = False,
        model: str | None = None,
        predecessor: str | None = None,
    ) -> Any:
        skills = {"ocr": ocr, "sound": sound, "vector_model": model, "predecessor": predecessor}
        response = self.ask("POST", "/claim", json=skills)
        return None if response.status_code == 204 else body(response)

    def claimed(self) -> Any:
        """The id of the document that it claims."""
        return (self.claim() or {}).get("id")

    def store(self, document: str, number: int = 1, **changes: Any) -> bool:
        """Whether others wait."""
        pages = [PAGE | {"number": number} | changes]
        return bool(body(self.put(document, pages))["others_wait"])

    def put(self, document: str, pages: list[Any]) -> httpx.Response:
        return self.ask("PUT", f"/{document}/pages", json={"pages": pages})

    def finish(self, document: str, error: str | None = None) -> None:
        ending = ENDING | {"error": error}
        assert self.ask("POST", f"/{document}/finish", json=ending).status_code == 204
