"""Parley behind somebody else's proxy, by the blocks that nginx/README.md offers."""

import os
import re
import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from local.nginx import nginx
from local.ports import free_port
from local.stack import ROOT
from tests.nginx.gateway import running_gateway
from tests.nginx.upstream import Upstream
from tests.support.program import Program
from tls.authority import Authority

NAME = "chat.example.org"
BLOCKS = dict(
    re.findall(r"(?s)```(nginx|caddyfile)\n(.+?)```", (ROOT / "nginx" / "README.md").read_text())
)
AROUND_NGINX = """
daemon off; pid {0}/pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {0}; proxy_temp_path {0}; fastcgi_temp_path {0};
    uwsgi_temp_path {0}; scgi_temp_path {0};
    {1}
}}
"""


def start_nginx(directory: Path, block: str, log: Path) -> Program:
    """Its own directories are other than the usual ones."""
    (directory / "nginx.conf").write_text(AROUND_NGINX.format(directory, block))
    program = str(nginx())
    return Program([program, "-e", "stderr", "-c", str(directory / "nginx.conf")], {}, log)


def start_caddy(directory: Path, block: str, log: Path) -> Program:
    """Without its administration, which everybody on this machine could ask, and without HTTP/3."""
    options = ["admin off", "auto_https disable_redirects", "default_bind 127.0.0.1"]
    options += [f"storage file_system {directory}", "servers {\n protocols h1 h2\n }"]
    block = "\n ".join(["{", *options]) + "\n}\n" + block
    (directory / "Caddyfile").write_text(block)
    command = ["caddy", "run", "--config", str(directory / "Caddyfile"), "--adapter", "caddyfile"]
    return Program(command, {"HOME": str(directory)}, log)


@pytest.fixture(params=["nginx", "caddy"])
def proxied(
    request: pytest.FixtureRequest, needs_nginx: None, tmp_path: Path, upstream: Upstream
) -> Iterator[httpx.Client]:
    """A browser that finds Parley at the proxy's public name."""
    if not shutil.which("caddy") and request.param == "caddy" and not os.environ.get("CI"):
        pytest.skip("no Caddy here (Debian: apt install caddy)")
    authority, port = Authority.create([NAME]), free_port()
    pair = tmp_path / "pair.pem"
    pair.write_bytes(authority.sign([NAME]))
    with running_gateway(tmp_path, upstream.server_port, OUTER_PROXIES="127.0.0.1") as gateway:
        inner = gateway.url.removeprefix("http://")
        own = tmp_path / request.param
        own.mkdir()
        if request.param == "nginx":
            block = re.sub(r"/etc/ssl/\S+\.pem", str(pair), BLOCKS["nginx"])
            block = block.replace("listen 443", f"listen 127.0.0.1:{port}")
            start = start_nginx
        else:
            served = f"{NAME}:{port} {{\n    tls {pair} {pair}\n"
            block = BLOCKS["caddyfile"].replace(f"{NAME} {{\n", served)
            start = start_caddy
        assert "127.0.0.1:80" in block
        program = start(own, block.replace("127.0.0.1:80", inner), tmp_path / "proxy.log")
        pem = authority.certificate.public_bytes(Encoding.PEM).decode()
        trusting = ssl.create_default_context(cadata=pem)
        asked = {"sni_hostname": NAME}
        with httpx.Client(
            base_url=f"https://127.0.0.1:{port}",
            headers={"Host": f"{NAME}:{port}"},
            verify=trusting,
            trust_env=False,
        ) as browser:
            browser.event_hooks = {"request": [lambda one: one.extensions.update(asked)]}
            try:
                program.wait_until(lambda: _answers(browser))
                upstream.seen.clear()
                yield browser
            finally:
                program.end()


def _answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/").status_code == 200
    except httpx.TransportError:
        return False


def test_chat_ui_knows_the_public_address_and_streams_pass_word_by_word(
    proxied: httpx.Client, upstream: Upstream
) -> None:
    for name in ("events", "live"):
        with proxied.stream("GET", f"/chats/some-id/{name}") as response:
            for number, chunk in enumerate(response.iter_raw()):
                assert chunk == f"data: word {number}\n\n".encode()
                upstream.next_word.release()
        assert number == 3
    assert proxied.post("/generate/some-id", data={"prompt": "hello"}).text == "stored"
    for seen in upstream.seen:
        assert seen.headers["Host"] == proxied.headers["Host"]
        assert seen.headers["X-Forwarded-Proto"] == "https"


def test_a_file_is_not_held_back(proxied: httpx.Client, upstream: Upstream) -> None:
    """More than a proxy takes by itself; nothing but our own limits counts."""
    assert proxied.post("/documents", content=b"x" * 5_000_000).text == "stored"
    assert upstream.received == 5_000_000
