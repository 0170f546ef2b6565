"""A real nginx, started by nginx/start as every way of starting Parley does."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from local.ports import free_port
from local.stack import ROOT
from tests.support.program import Program
from tests.support.waiting import answers

QUOTA = 5_000_000  # DOCUMENTS_QUOTA; a million more may pass
LIMIT = 1000  # MESSAGE_LIMIT in these tests; nginx lets four times as many bytes pass


@dataclass(frozen=True)
class Gateway:
    """A running nginx and its address. `program.log` has what it says, access and errors."""

    url: str
    program: Program
    tls_port: int

    @property
    def tls_url(self) -> str:
        """Answers unless TLS is off."""
        return f"https://127.0.0.1:{self.tls_port}"

    def list_spooled(self) -> list[str]:
        """What its workers have open of temporary files. They are deleted as soon as they are
        made, so that no folder shows them."""
        children = Path(f"/proc/{self.program.pid}/task/{self.program.pid}/children").read_text()
        descriptors = (fd for pid in children.split() for fd in Path(f"/proc/{pid}/fd").iterdir())
        return [str(fd.readlink()) for fd in descriptors if "/run/tmp/" in str(fd.readlink())]

    def send(self, request: str, source: str = "127.0.0.1") -> socket.socket:
        """A connection from that address on which these lines, and an empty one, were sent."""
        address = urlsplit(self.url)
        there = (address.hostname, address.port)
        connection = socket.create_connection(there, timeout=60, source_address=(source, 0))
        connection.sendall(f"{request}\r\n\r\n".encode())
        return connection

    def ask(self, request: str, source: str = "127.0.0.1") -> httpx.Response:
        """What is answered to that."""
        answer = b""
        with self.send(request, source) as connection:
            while b"</html>" not in answer and (piece := connection.recv(65_536)):
                answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *fields = head.decode().split("\r\n")
        headers = [(name, value) for name, _, value in (field.partition(": ") for field in fields)]
        return httpx.Response(int(status.split()[1]), headers=headers, content=body)


@contextmanager
def running_gateway(
    directory: Path, upstream_port: int, port: int = 0, /, **settings: str
) -> Iterator[Gateway]:
    """nginx in front of that port, on `port` or any; settings are environment variables."""
    port, tls_port = port or free_port(), free_port()
    directory.mkdir(exist_ok=True)
    defaults = {
        "LISTEN": f"127.0.0.1:{port}",
        "LISTEN_TLS": f"127.0.0.1:{tls_port}",
        "HTTPS_PORT": str(tls_port),
        "CHAT_UI_HOST": "127.0.0.1",
        "CHAT_UI_PORT": str(upstream_port),
        "RESOLVER": "",
        "MESSAGE_LIMIT": str(LIMIT),
        "DOCUMENTS_QUOTA": str(QUOTA),
        "NGINX_DIR": str(directory / "run"),
    }
    program = Program([ROOT / "nginx" / "start"], defaults | settings, directory / "log")
    try:
        gateway = Gateway(f"http://127.0.0.1:{port}", program, tls_port)
        program.wait_until(lambda: answers(f"{gateway.url}/nginx-health"))
        yield gateway
    finally:
        program.end()
