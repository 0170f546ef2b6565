"""What the gateway promises to programs, which ask at /v1/ and /api/."""

from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.nginx.gateway import LIMIT, QUOTA, Gateway, running_gateway
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


def upgrade(path: str, upgrades_to: str = "websocket") -> str:
    head = (f"GET {path} HTTP/1.1", "Host: x", f"Upgrade: {upgrades_to}", "Connection: Upgrade")
    return "\r\n".join(head)


def test_responses_can_be_asked_for_over_a_websocket(gateway: Gateway, upstream: Upstream) -> None:
    with gateway.send(upgrade("/v1/responses", "WebSocket")) as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 101")
        for words in (b"one", b"two"):
            connection.sendall(words)
            assert connection.recv(65_536) == words
    (seen,) = upstream.seen
    assert (seen.headers["Host"], seen.headers["X-Forwarded-Proto"]) == ("x", "http")


@pytest.mark.parametrize(
    ("path", "upgrades_to"),
    [("/v1/responses", "h2c"), ("/v1/responses/some-id", "websocket"), ("/", "websocket")],
)
def test_nothing_else_is_upgraded(
    gateway: Gateway, upstream: Upstream, path: str, upgrades_to: str
) -> None:
    with gateway.send(upgrade(path, upgrades_to)) as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
    (seen,) = upstream.seen
    assert not {"Upgrade", "Connection"} & set(seen.headers)


def test_an_address_has_only_so_many_websockets(
    tmp_path: Path, gateway: Gateway, upstream: Upstream
) -> None:
    own = running_gateway(tmp_path / "own", upstream.server_port, PEOPLE_PER_ADDRESS="1")
    with own as few, ExitStack() as opened:
        for _ in range(3):
            connection = opened.enter_context(few.send(upgrade("/v1/responses")))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 101")
        told = opened.enter_context(few.send(upgrade("/v1/responses")))
        pieces = [told.recv(65_536)]
        while b'"rate_limit_exceeded"' not in b"".join(pieces):
            pieces.append(told.recv(65_536))
        assert pieces[0].startswith(b"HTTP/1.1 429")
        assert len(pieces) > 1, "slowly, as everybody is told who would ask again at once"
        assert httpx.get(f"{few.url}/v1/models").status_code == 200


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
