"""A real db-api with people's uploads, and doc-worker beside it as a process of its own."""

import hashlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.ports import free_port
from local.stack import ROOT
from tests.support.postgres import Postgres, postgres
from tests.support.program import Program
from tests.support.waiting import answers, wait_until

sys.path.insert(0, str(ROOT / "doc-worker"))

__all__ = ["postgres"]

BLOCK = 1_048_576


class DbApi:
    """db-api as a process, on a database of its own."""

    def __init__(self, postgres: Postgres, log: Path) -> None:
        self.secrets = postgres.directory / "secrets"
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self._log = log
        self._settings = postgres.create_database().environment | {
            "PYTHON": sys.executable,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "DB_API_TOKEN_FILE": str(self.secrets / "db-api" / "token"),
            "DOC_WORKER_TOKEN_FILE": str(self.secrets / "doc-worker" / "token"),
            "WHISPER_MODEL": "any",
        }
        subprocess.run(
            [ROOT / "db-api" / "migrate"],
            env=self._settings | {"PATH": "/usr/bin:/bin"},
            check=True,
            capture_output=True,
        )
        self.start()

    def start(self) -> None:
        self._program = Program([ROOT / "db-api" / "start"], self._settings, self._log)
        self._program.wait_until(lambda: answers(f"{self.url}/ready"))

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self._program.end(how)

    def person(self) -> "Person":
        token = (self.secrets / "db-api" / "token").read_text().strip()
        http = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=60
        )
        session = http.post("/sessions", json={"name": None}).raise_for_status().json()["id"]
        http.headers["X-Session-ID"] = session
        return Person(http)


class Person:
    """Somebody with documents in the library."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def upload(self, content: bytes, name: str, chat: str | None = None) -> str:
        """The document's id. Without a chat it goes to the library."""
        file = self.http.post("/files", json={"size": len(content)}).raise_for_status().json()["id"]
        for number in range(-(-len(content) // BLOCK)):
            block = content[number * BLOCK : (number + 1) * BLOCK]
            self.http.put(f"/files/{file}/blocks/{number}", content=block).raise_for_status()
        about = {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        told = about | {"chat_id": chat}
        kept = self.http.post(f"/files/{file}/complete", json=told).raise_for_status()
        return str(kept.json()["id"])

    def read(self, document: str, part: str = "") -> Any:
        return self.http.get(f"/documents/{document}{part}").raise_for_status().json()

    def wait(self, document: str, until: str = "complete") -> Any:
        """The document once it is in this state."""
        return wait_until(
            lambda: found if (found := self.read(document))["state"] == until else None,
            explain=lambda: self.read(document),
        )

    def wait_for_pages(self, document: str, count: int) -> None:
        """Until so many are read, or more."""
        wait_until(lambda: self.read(document)["pages_read"] >= count)

    def wait_for_vectors(self, document: str, model: str) -> None:
        """Until all of its passages have vectors of this model."""
        wait_until(
            lambda: self.read(document)["vector_model"] == model,
            explain=lambda: self.read(document),
        )

    def texts(self, document: str) -> list[str]:
        """Each page's text."""
        count = self.read(document)["pages"]
        return [self.read(document, f"/pages/{n}")["text"] for n in range(1, count + 1)]


@pytest.fixture(scope="session")
def db_api(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DbApi]:
    served = DbApi(postgres, tmp_path_factory.mktemp("db-api") / "log")
    yield served
    served.stop()


@pytest.fixture
def ada(db_api: DbApi) -> Iterator[Person]:
    person = db_api.person()
    yield person
    person.http.delete("/sessions/current")  # what she left unread would be read in other tests
    person.http.close()


@pytest.fixture
def start_worker(db_api: DbApi, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts a doc-worker; settings to taste."""
    started: list[Program] = []

    def start(**settings: str) -> Program:
        usual = {
            "PYTHON": sys.executable,
            "DB_API_URL": db_api.url,
            "DOC_WORKER_TOKEN_FILE": str(db_api.secrets / "doc-worker" / "token"),
        }
        log = tmp_path / "doc-worker.log"
        started.append(Program([ROOT / "doc-worker" / "start"], usual | settings, log))
        return started[-1]

    yield start
    for program in started:
        program.end(signal.SIGKILL)
