"""Public authorities for tests: Pebble, which is Let's Encrypt's own, and one that refuses."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from local.ports import free_port
from tests.support.program import Program
from tls.authority import Authority


@dataclass(frozen=True)
class Pebble:
    """A running authority. It believes that each name is this machine's, and asks it at `asks`."""

    url: str
    asks: int
    trusted: Path  # the root of its own address, not of what it issues
    management: str

    @property
    def directory(self) -> dict[str, Any]:
        """The addresses of its calls."""
        found: dict[str, Any] = self._get(self.url).json()
        return found

    @property
    def root(self) -> str:
        """Of the certificates that it issues, as PEM."""
        return self._get(f"{self.management}/roots/0").text

    def _get(self, url: str) -> httpx.Response:
        return httpx.get(url, verify=False, trust_env=False)


@contextmanager
def running_pebble(directory: Path) -> Iterator[Pebble]:
    """Without the pauses and faults that it puts in by default. Where there is none the tests are
    reported as skipped; in CI they fail."""
    if not shutil.which("pebble") and not os.environ.get("CI"):
        pytest.skip("no Pebble here (Debian: apt install pebble)")
    api, management, asks, told = (free_port() for _ in range(4))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:  # free_port() holds UDP's
        free.bind(("127.0.0.1", 0))
        names = free.getsockname()[1]
    authority = Authority.create(["localhost"])
    (directory / "own.pem").write_bytes(authority.sign(["localhost"]))
    (directory / "trusted.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    config = {
        "listenAddress": f"127.0.0.1:{api}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(directory / "own.pem"),
        "privateKey": str(directory / "own.pem"),
        "httpPort": asks,
        "tlsPort": asks,
    }
    (directory / "config.json").write_text(json.dumps({"pebble": config}))
    resolver = ["pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]
    resolver += ["-dns01", f"127.0.0.1:{names}", "-management", f"127.0.0.1:{told}"]
    resolver += ["-http01", "", "-https01", "", "-tlsalpn01", ""]
    command = ["pebble", "-config", str(directory / "config.json")]
    command += ["-dnsserver", f"127.0.0.1:{names}"]
    settings = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
    pebble = Pebble(
        f"https://localhost:{api}/dir",
        asks,
        directory / "trusted.pem",
        f"https://localhost:{management}",
    )
    with ExitStack() as stack:
        for name, words in (("resolver", resolver), ("pebble", command)):
            program = Program(words, settings, directory / f"{name}.log")
            stack.callback(program.end)
        program.wait_until(lambda: _answers(pebble))
        yield pebble


def _answers(pebble: Pebble) -> bool:
    try:
        return bool(pebble.directory and pebble.root)
    except httpx.TransportError:
        return False


@contextmanager
def authority_that_limits(pebble: Pebble) -> Iterator[str]:
    """Pebble's directory, but every order is one too many."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

        def do_GET(self) -> None:
            order = f"http://127.0.0.1:{server.server_port}/order"
            self.answer(200, "application/json", pebble.directory | {"newOrder": order})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            kind = "urn:ietf:params:acme:error:rateLimited"
            told = {"type": kind, "detail": "too many certificates already issued", "status": 429}
            self.answer(429, "application/problem+json", told)

        def answer(self, status: int, kind: str, told: object) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.send_header("Replay-Nonce", "bm9uY2U")
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/dir"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
