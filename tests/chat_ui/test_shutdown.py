"""Stopping chat-ui: quick, quiet, and everybody who watches can go on elsewhere."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx

from local.ports import free_port
from tests.chat_ui.conftest import ROOT, DbApiServer
from tests.support.person import open_chat, send
from tests.support.scripted_model import ScriptedModel


def test_open_streams_end_at_once_when_the_server_is_told_to_stop(
    db_api: DbApiServer, model: ScriptedModel, model_url: str, secrets: Path, tmp_path: Path
) -> None:
    model.hold_after = 1
    port = free_port()
    environment = os.environ | {
        "PYTHON": sys.executable,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DB_API_URL": db_api.url,
        "LM_API_URL": model_url,
        "DB_API_TOKEN_FILE": str(secrets / "db-api" / "token"),
        "LM_API_KEY_FILE": str(secrets / "lm-api" / "key"),
        "COOKIE_KEY_FILE": str(secrets / "cookie" / "key"),
    }
    log = tmp_path / "log"
    with log.open("wb") as output:
        start = ROOT / "chat-ui" / "start"
        server = subprocess.Popen([start], env=environment, stdout=output, stderr=output)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as browser:
            wait_until_up(browser)
            chat = open_chat(browser)
            send(browser, chat, "Hi")
            with browser.stream("GET", f"{chat}/events") as stream:
                lines = stream.iter_lines()
                next(lines)
                server.terminate()
                rest = list(lines)
        assert "event: end" not in rest, "it is not the end: the browser comes back"
        assert server.wait(10) is not None
    finally:
        server.kill()
        server.wait()
    assert "Traceback" not in log.read_text()
    assert "Cancel" not in log.read_text()


def wait_until_up(browser: httpx.Client) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if browser.get("/health").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("chat-ui did not start")
