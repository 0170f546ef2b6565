"""What the gateway promises, seen through the real nginx."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from local.stack import ROOT
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
    names = (
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "Forwarded",
        "X-Request-ID",
    )
    claims = dict.fromkeys(names, "203.0.113.9")
    client.get("/", headers=claims | {"Host": "parley.example:8443"})
    headers = upstream.seen[0].headers
    assert headers["Host"] == "parley.example:8443"
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"
    assert "203.0.113.9" not in headers.values()


def test_only_a_proxy_that_is_named_may_say_whom_and_how_it_was_asked(
    gateway: Gateway, upstream: Upstream, tmp_path: Path
) -> None:
    claim = "GET / HTTP/1.0\r\nX-Forwarded-For: ::1, 2001:db8::7\r\nX-Forwarded-Proto: https"
    named = {"OUTER_PROXIES": "127.0.0.1"}
    with running_gateway(tmp_path / "behind", upstream.server_port, **named) as behind:
        for asked, source in ((behind, "127.0.0.1"), (behind, "127.0.0.2"), (gateway, "127.0.0.1")):
            assert asked.ask(claim, source).status_code == 200
    told = [
        (one.headers["X-Forwarded-For"], one.headers["X-Forwarded-Proto"]) for one in upstream.seen
    ]
    assert told == [("2001:db8::7", "https"), ("127.0.0.2", "http"), ("127.0.0.1", "http")]


def test_a_long_message_passes_and_a_far_too_long_one_gets_a_clear_page(
    client: httpx.Client, upstream: Upstream
) -> None:
    assert client.post("/generate/some-id", content=b"x" * LIMIT * 4).text == "stored"
    refused = client.post("/generate/some-id", content=b"x" * (LIMIT * 4 + 1))
    assert refused.status_code == 413
    assert f"up to {LIMIT} bytes" in refused.text
    assert "retry-after" not in refused.headers
    assert len(upstream.seen) == 1


@pytest.mark.parametrize("where", ["", "/api"])
@pytest.mark.parametrize("path", ["/documents", "/chats/some-id/documents"])
def test_a_file_passes_on_as_it_comes(
    gateway: Gateway, client: httpx.Client, upstream: Upstream, where: str, path: str
) -> None:
    half = b"x" * 2_000_000

    def pieces() -> Iterator[bytes]:
        yield half
        wait_until(lambda: upstream.received > 1_500_000)
        spooled.extend(gateway.list_spooled())
        yield half

    spooled: list[str] = []
    length = {"Content-Length": str(2 * len(half))}
    assert client.post(f"{where}{path}", content=pieces(), headers=length).text == "stored"
    assert (upstream.received, spooled) == (2 * len(half), [])


def test_more_files_than_may_be_kept_are_refused_unread(
    gateway: Gateway, client: httpx.Client, upstream: Upstream
) -> None:
    """With a length that is stated, before a byte of them has come."""
    head = f"POST /documents HTTP/1.1\r\nHost: x\r\nContent-Length: {QUOTA + 1_000_001}"
    answer = gateway.ask(head)
    assert answer.status_code == 413
    assert f"up to {QUOTA} bytes" in answer.text
    assert upstream.seen == []
    assert client.post("/documents", content=b"x" * (QUOTA + 1_000_000)).text == "stored"


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
    asked_for_its_head = client.head("/chats/some-id").headers
    assert asked_for_its_head["content-length"] == response.headers["content-length"]
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


def test_a_page_that_nobody_answers_for_can_be_had_later(needs_nginx: None, tmp_path: Path) -> None:
    """As from a machine that is cut off: it takes no connection, and refuses none."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as queued:
        address = full.getsockname()
        for _ in range(3):
            one = queued.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(address)
        with running_gateway(tmp_path, address[1]) as gateway:
            response = gateway.ask("GET / HTTP/1.0")
    assert (response.status_code, response.headers["retry-after"]) == (504, "3")
    assert '<meta http-equiv="refresh"' in response.text


def test_assets_that_may_no_longer_be_kept_are_better_than_none(
    gateway: Gateway, client: httpx.Client, upstream: Upstream
) -> None:
    """nginx's log tells that it has asked for the asset in vain."""

    def fetch() -> int:
        response = client.get("/static/brief.css")
        assert (response.status_code, response.text) == (200, first.text)
        return gateway.program.log.read_text().count(f"by 127.0.0.1:{upstream.server_port}")

    first = client.get("/static/brief.css")
    wait_until(lambda: fetch() == 2)
    upstream.stop()
    wait_until(lambda: fetch() > 2)


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
    gateway: Gateway, client: httpx.Client, upstream: Upstream
) -> None:
    client.post("/generate/some-id?secret=1", data={"prompt": "private words"})
    upstream.stop()
    assert client.get("/chats/some-id?secret=1").status_code == 502
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


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /_gateway/busy.html HTTP/1.1\r\nHost: x", 404),
        (f"GET / HTTP/1.1\r\nHost: x\r\nX-Long: {'x' * 40_000}", 431),
        (f"GET /{'x' * 40_000} HTTP/1.1\r\nHost: x", 414),
        ("GET / HTTP/1.1", 400),
        ("nonsense", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip", 501),
        ("GET / HTTP/9.9\r\nHost: x", 505),
        ("TRACE / HTTP/1.1\r\nHost: x", 405),
        (f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT * 4 + 1}", 413),
        ("GET / HTTP/1.1\r\nHost: x", 502),
        ("GET /_gateway/page.css HTTP/1.0", 200),
        ("GET /nginx-health HTTP/1.0", 200),
    ],
)
def test_what_the_gateway_says_itself_carries_the_headers_of_every_page(
    gateway: Gateway, upstream: Upstream, request_line: str, status: int
) -> None:
    """As `app/security.py` of chat-ui names them, each once."""
    upstream.stop()
    source = (ROOT / "chat-ui" / "app" / "security.py").read_text()
    (block,) = re.findall(r"^HEADERS = \{\n(.*?)^\}", source, re.M | re.S)
    wanted = dict(re.findall(r'"([\w-]+)": (?:"(.*)"|\w+)', block))
    assert len(wanted) == 7
    answer = gateway.ask(request_line)
    assert answer.status_code == status
    for name, value in wanted.items():
        (said,) = answer.headers.get_list(name)
        assert said == value or name == "Content-Security-Policy"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src")
    assert "<center>" not in answer.text, "nginx has pages of its own"
    assert not re.search(r"nginx/[0-9]", answer.text + answer.headers["server"])


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/generate/some-id", "/documents", "/chats/some-id/documents", "/static/style.css"),
        *("/chats/some-id/events", "/chats/some-id/live", "/v1/models", "/api/chats"),
        *("/api/documents", "/api/chats/some-id/documents"),
    ],
)
def test_pages_keep_the_headers_that_they_have(client: httpx.Client, path: str) -> None:
    with client.stream("GET", path) as response:
        assert response.status_code == 200
        assert "content-security-policy" not in response.headers
        assert "via" not in response.headers


def test_a_form_waits_in_memory_and_not_on_a_disk(
    gateway: Gateway, upstream: Upstream, tmp_path: Path
) -> None:
    """However long it is, and while chat-ui reads it and thinks."""
    form = b"x" * 400_000
    with running_gateway(tmp_path / "own", upstream.server_port, MESSAGE_LIMIT="100000") as roomy:
        head = f"POST /generate/waits HTTP/1.1\r\nHost: x\r\nContent-Length: {len(form)}"
        with roomy.send(head) as connection:
            connection.sendall(form)
            wait_until(lambda: upstream.received == len(form))
            assert roomy.list_spooled() == []
            upstream.next_word.release()
            assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_only_the_container_itself_is_told_whether_it_is_well(gateway: Gateway) -> None:
    health = "GET /nginx-health HTTP/1.0"
    asked = [gateway.ask(health, source) for source in ("127.0.0.1", "127.0.0.2")]
    assert [answer.status_code for answer in asked] == [200, 404]


@pytest.mark.parametrize("path", ["/generate", "/static"])
def test_no_redirect_names_a_port_or_a_scheme(client: httpx.Client, path: str) -> None:
    assert client.get(path).headers["location"] == f"{path}/"


def test_only_the_private_network_is_told_how_long_things_took(
    client: httpx.Client, upstream: Upstream, tmp_path: Path
) -> None:
    assert "server-timing" not in client.get("/").headers
    assert client.get("/ready").status_code == 404
    assert len(upstream.seen) == 1
    with running_gateway(tmp_path / "on", upstream.server_port, TIMINGS="on") as gateway:
        assert httpx.get(f"{gateway.url}/ready").headers["server-timing"] == "chat-ui;dur=1.0"
