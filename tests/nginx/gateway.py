"""A real nginx, started by nginx/start as every way of starting Parley does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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


@contextmanager
def running_gateway(directory: Path, upstream_port: int, **settings: str) -> Iterator[Gateway]:
    """nginx in front of that port; settings are environment variables."""
    port = free_port()
    defaults = {
        "LISTEN": f"127.0.0.1:{port}",
        "CHAT_UI_HOST": "127.0.0.1",
        "CHAT_UI_PORT": str(upstream_port),
        "RESOLVER": "",
        "MESSAGE_LIMIT": str(LIMIT),
        "DOCUMENTS_QUOTA": str(QUOTA),
        "NGINX_DIR": str(directory / "run"),
    }
    program = Program([ROOT / "nginx" / "start"], defaults | settings, directory / "log")
    try:
        gateway = Gateway(f"http://127.0.0.1:{port}", program)
        program.wait_until(lambda: answers(f"{gateway.url}/nginx-health"))
        yield gateway
    finally:
        program.end()
