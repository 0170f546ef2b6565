"""What the gateway promises, seen through the real nginx."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.nginx.gateway import LIMIT, QUOTA, Gateway, running_gateway
from tests.nginx.upstream import Upstream
from tests.support.waiting import wait_until


@pytest.mark.parametrize("name", ["events", "live"])
def test_each_word_of_a_stream_arrives_when_it_is_written(
    client: httpx.Client, upstream: Upstream, name: str
) -> None:
    """No word is written before the one before has arrived."""
    with client.stream("GET", f"/chats/some-id/{name}") as response:
        for number, chunk in enumerate(response.iter_raw()):
            assert chunk == f"data: word {number}\n\n".encode()
            upstream.next_word.release()
    assert number == 3
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("path", ["/", "/static/style.css"])
def test_pages_and_assets_are_compressed_by_the_gateway(
    client: httpx.Client, upstream: Upstream, path: str
) -> None:
    response = client.get(path)
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["vary"] == "Accept-Encoding"
    assert "Accept-Encoding" not in upstream.seen[0].headers


def test_the_host_is_passed_on_with_its_port_and_no_other_claim_of_a_client(
    client: httpx.Client, upstream: Upstream
) -> None:
    names = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded")
    claims = dict.fromkeys(names, "203.0.113.9")
    client.get("/", headers=claims | {"Host": "parley.example:8443"})
    headers = upstream.seen[0].headers
    assert headers["Host"] == "parley.example:8443"
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"
    assert "203.0.113.9" not in headers.values()


def test_a_long_message_passes_and_a_far_too_long_one_gets_a_clear_page(
    client: httpx.Client, upstream: Upstream
) -> None:
    assert client.post("/generate/some-id", content=b"x" * LIMIT * 4).text == "stored"
    refused = client.post("/generate/some-id", content=b"x" * (LIMIT * 4 + 1))
    assert refused.status_code == 413
    assert f"up to {LIMIT} bytes" in refused.text
    assert "retry-after" not in refused.headers
    assert len(upstream.seen) == 1


@pytest.mark.parametrize("path", ["/documents", "/chats/some-id/documents"])
def test_a_file_passes_on_as_it_comes(
    client: httpx.Client, upstream: Upstream, tmp_path: Path, path: str
) -> None:
    half = b"x" * 2_000_000

    def pieces() -> Iterator[bytes]:
        yield half
        wait_until(lambda: upstream.received > 1_500_000)
        spooled.extend(file for file in (tmp_path / "run" / "tmp").rglob("*") if file.is_file())
        yield half

    spooled: list[Path] = []
    length = {"Content-Length": str(2 * len(half))}
    assert client.post(path, content=pieces(), headers=length).text == "stored"
    assert (upstream.received, spooled) == (2 * len(half), [])


def test_more_files_than_may_be_kept_are_refused_unread(
    gateway: Gateway, upstream: Upstream
) -> None:
    """With a length that is stated, before a byte of them has come."""
    address = urlsplit(gateway.url)
    head = f"POST /documents HTTP/1.1\r\nHost: x\r\nContent-Length: {QUOTA + 1_000_001}\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head.encode())
        answer = b""
        while b"</html>" not in answer:
            answer += connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413")
    assert f"up to {QUOTA} bytes" in answer.decode()
    assert upstream.seen == []


def test_a_page_that_cannot_be_had_says_so_and_comes_back_by_itself(
    client: httpx.Client, upstream: Upstream
) -> None:
    upstream.stop()
    response = client.get("/chats/some-id")
    assert response.status_code == 502
    assert response.headers["retry-after"] == "3"
    assert response.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert '<meta http-equiv="refresh"' in response.text
    assert client.get("/_gateway/page.css").headers["content-type"].startswith("text/css")

    again = Upstream(upstream.server_port)
    assert client.get("/chats/some-id").status_code == 200
    again.stop()


def test_a_message_that_could_not_be_sent_is_not_thrown_away(
    client: httpx.Client, upstream: Upstream
) -> None:
    upstream.stop()
    response = client.post("/generate/some-id", data={"prompt": "hello"})
    assert response.status_code == 502
    assert "refresh" not in response.text
    assert "reload this page to send it again" in response.text


def test_an_upload_that_cannot_be_had_is_not_called_too_large(
    client: httpx.Client, upstream: Upstream
) -> None:
    upstream.stop()
    response = client.post("/documents", content=b"x" * (LIMIT * 4 + 1))
    assert response.status_code == 502
    assert "reload this page to send it again" in response.text


def test_the_pages_own_words_pass_when_they_are_busy(client: httpx.Client) -> None:
    response = client.get("/busy")
    assert (response.status_code, response.text) == (503, "<p>our own words</p>")


def test_assets_are_served_while_the_pages_are_away(
    client: httpx.Client, upstream: Upstream
) -> None:
    first = client.get("/static/style.css?v=1")
    assert first.headers["cache-control"] == "public, max-age=31536000"
    upstream.stop()
    assert client.get("/static/style.css?v=1").text == first.text


@pytest.mark.parametrize(("path", "times"), [("/generate/breaks", 2), ("/chats/breaks", 1)])
def test_only_a_message_is_ever_sent_again_after_the_connection_broke(
    client: httpx.Client, upstream: Upstream, path: str, times: int
) -> None:
    """With one copy there is nobody else to ask, so the connection kept open shows the rule."""
    client.get("/")  # leaves an idle connection to send the POST on
    assert client.post(path, data={"prompt": "hello"}).status_code == 502
    assert [request.method for request in upstream.seen] == ["GET"] + ["POST"] * times


def test_the_log_has_one_plain_line_per_request_and_nothing_private(
    gateway: Gateway, client: httpx.Client
) -> None:
    client.post("/generate/some-id?secret=1", data={"prompt": "private words"})
    gateway.program.end()
    log = gateway.program.log.read_text()
    (line,) = [line for line in log.splitlines() if "/generate/" in line]
    assert re.search(r" 127\.0\.0\.1 POST /generate/some-id 200 6 bytes [0-9.]+ s by ", line)
    assert "secret" not in log
    assert "private" not in log


def test_the_version_and_the_inner_pages_stay_hidden(client: httpx.Client) -> None:
    response = client.get("/_gateway/unavailable.html")
    assert response.status_code == 404
    assert not re.search(r"nginx/[0-9]", response.text + response.headers["server"])


def test_it_writes_only_into_its_own_directory(gateway: Gateway, tmp_path: Path) -> None:
    made = {path.name for path in (tmp_path / "run").iterdir()}
    assert made == {"nginx.conf", "nginx.pid", "pages", "tmp", "cache"}
    assert gateway.program.end() == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MESSAGE_LIMIT", "1;"),
        ("DOCUMENTS_QUOTA", "1 GB"),
        ("CHAT_UI_HOST", "a b; }"),
        ("LISTEN", "80;\nx"),
        ("RESOLVER", "#"),
    ],
)
def test_a_setting_that_is_no_setting_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(RuntimeError, match=name), running_gateway(tmp_path, 80, **{name: value}):
        pass
