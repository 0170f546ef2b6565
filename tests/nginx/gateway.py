"""A real nginx, started by nginx/start as every way of starting Parley does."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import httpx

START = Path(__file__).parents[2] / "nginx" / "start"
NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/local/sbin:/usr/sbin:/sbin")
LIMIT = 1000
"""MESSAGE_LIMIT in these tests; nginx lets four times as many bytes pass."""


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Gateway:
    """A running nginx, its address and its log."""

    def __init__(self, directory: Path, upstream_port: int, **settings: str) -> None:
        """Start it as every way of starting Parley does; settings are environment variables."""
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = directory / "log"
        defaults = {
            "LISTEN": f"127.0.0.1:{self.port}",
            "CHAT_UI_HOST": "127.0.0.1",
            "CHAT_UI_PORT": str(upstream_port),
            "RESOLVER": "",
            "MESSAGE_LIMIT": str(LIMIT),
            "NGINX_DIR": str(directory / "run"),
        }
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [START], env=os.environ | defaults | settings, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 10
        while True:
            try:
                httpx.get(self.url + "/nginx-health").raise_for_status()
                return
            except httpx.HTTPError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(self.log_file.read_text()) from None
                time.sleep(0.02)

    def log(self) -> str:
        """What it has said so far, access and errors."""
        return self.log_file.read_text()

    def stop(self) -> int:
        """End it at once and return its exit code."""
        self.process.terminate()
        return self.process.wait(10)
