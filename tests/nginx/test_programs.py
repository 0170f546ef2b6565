"""What the gateway promises to programs, which ask at /v1/ and /api/."""

import httpx
import pytest

from tests.nginx.gateway import LIMIT, QUOTA, Gateway
from tests.nginx.upstream import Upstream


@pytest.mark.parametrize("path", ["/v1/live", "/api/chats/some-id/replies/some-id/live"])
def test_programs_get_words_as_they_are_written(
    client: httpx.Client, upstream: Upstream, path: str
) -> None:
    with client.stream("GET", path) as response:
        for number, chunk in enumerate(response.iter_raw()):
            assert chunk == f"data: word {number}\n\n".encode()
            upstream.next_word.release()
    assert number == 3


def test_programs_get_the_gateway_s_own_refusals_as_json(
    client: httpx.Client, upstream: Upstream
) -> None:
    content = b"x" * (LIMIT * 4 + 1)
    posts = ("/v1/chat/completions", "/api/chats", "/api/chats/some-id/messages")
    large = [client.post(path, content=content) for path in posts]
    upstream.stop()
    gets = ("/v1/models", "/api/chats", "/api/documents")
    away = [client.get(path) for path in gets]
    for response, status, code in (
        *((each, 413, "request_too_large") for each in large),
        *((each, 502, "unavailable") for each in away),
    ):
        assert response.status_code == status
        assert response.headers["content-type"] == "application/json"
        error = response.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["code"] == code
    assert {each.headers["retry-after"] for each in away} == {"3"}


def test_more_files_than_may_be_kept_are_refused_unread(
    gateway: Gateway, upstream: Upstream
) -> None:
    for path in ("/api/documents", "/api/chats/some-id/documents"):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {QUOTA + 1_000_001}"
        answer = b""
        with gateway.send(head) as connection:
            while b"}}" not in answer:
                answer += connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 413")
        assert b'"request_too_large"' in answer
    assert upstream.seen == []
