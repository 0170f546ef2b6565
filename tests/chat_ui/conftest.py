"""chat-ui for tests: served for real, on a real db-api, with a language model that is scripted."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from local.ports import free_port
from tests.support.postgres import Database, Postgres, postgres
from tests.support.scripted_model import ScriptedModel
from tests.support.serve import serve

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "chat-ui"))

from app.main import create_app  # noqa: E402  the line above makes it importable
from app.settings import Settings  # noqa: E402

__all__ = ["postgres"]

OPENING = "Good day."


@dataclass
class DbApiServer:
    """A db-api process that can be killed and started again."""

    postgres: Postgres
    database: Database
    secrets: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {
            **os.environ,
            **self.database.environment,
            "PYTHON": sys.executable,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DB_API_TOKEN_FILE": str(self.secrets / "db-api" / "token"),
            **self.settings,
        }
        self.process = subprocess.Popen([ROOT / "db-api" / "start"], env=environment)
        deadline = time.monotonic() + 30
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("db-api did not start")
            time.sleep(0.05)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def psql(self, sql: str) -> str:
        """Runs `sql` as the superuser, past all policies."""
        return self.postgres.psql(sql, self.database.name)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ready").is_success
        except httpx.TransportError:
            return False


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("secrets")
    subprocess.run([ROOT / "secrets" / "make", directory], check=True)
    return directory


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> str:
    """The name of a migrated, empty database to copy."""
    database = postgres.create_database()
    environment = {**os.environ, **database.environment, "PYTHON": sys.executable}
    subprocess.run([ROOT / "db-api" / "migrate"], env=environment, check=True)
    return database.name


@pytest.fixture(scope="module")
def db_api(postgres: Postgres, migrated: str, secrets: Path) -> Iterator[DbApiServer]:
    """A real db-api on a database of its own."""
    server = DbApiServer(postgres, postgres.create_database(migrated), secrets, free_port())
    server.start()
    yield server
    server.kill()


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
def model_url(model: ScriptedModel) -> Iterator[str]:
    with serve(model.app()) as url:
        yield url
        model.go.set()


Start = Callable[..., str]
StartBriefly = Callable[..., AbstractContextManager[str]]


@pytest.fixture
def start_briefly(db_api: DbApiServer, model_url: str, secrets: Path) -> StartBriefly:
    """A copy of chat-ui, with settings to taste, for the length of a `with` block."""

    def start(**settings: object) -> AbstractContextManager[str]:
        usual: dict[str, object] = {
            "db_api_url": db_api.url,
            "lm_api_url": model_url,
            "db_api_token_file": secrets / "db-api" / "token",
            "lm_api_key_file": secrets / "lm-api" / "key",
            "cookie_key_file": secrets / "cookie" / "key",
            "opening_message": OPENING,
        }
        return serve(create_app(Settings.model_validate(usual | settings)))

    return start


@pytest.fixture
def start_chat_ui(start_briefly: StartBriefly) -> Iterator[Start]:
    """Starts a copy of chat-ui that serves until the test ends; returns its address."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(start_briefly(**settings))


@pytest.fixture
def url(start_chat_ui: Start) -> str:
    """One copy of chat-ui with the usual settings."""
    return start_chat_ui()


@pytest.fixture
def browser(url: str) -> Iterator[httpx.Client]:
    """A client that keeps cookies, as a browser without JavaScript does."""
    with httpx.Client(base_url=url, timeout=10) as client:
        yield client
