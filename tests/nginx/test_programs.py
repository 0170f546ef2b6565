"""What the gateway promises to programs, which ask at /v1/."""

import httpx

from tests.nginx.gateway import LIMIT
from tests.nginx.upstream import Upstream


def test_programs_get_words_as_they_are_written(client: httpx.Client, upstream: Upstream) -> None:
    with client.stream("GET", "/v1/live") as response:
        for number, chunk in enumerate(response.iter_raw()):
            assert chunk == f"data: word {number}\n\n".encode()
            upstream.next_word.release()
    assert number == 3


def test_programs_get_the_gateway_s_own_refusals_as_json(
    client: httpx.Client, upstream: Upstream
) -> None:
    large = client.post("/v1/chat/completions", content=b"x" * (LIMIT * 4 + 1))
    upstream.stop()
    away = client.get("/v1/models")
    for response, status, code in (
        (large, 413, "request_too_large"),
        (away, 502, "unavailable"),
    ):
        assert response.status_code == status
        assert response.headers["content-type"] == "application/json"
        error = response.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["code"] == code
    assert away.headers["retry-after"] == "3"
