"""chat-ui for tests: served for real, on a real db-api, with a language model that is scripted.

One of each serves the whole session. A module that starts copies of its own, whose replies no other
runner may take, overrides `db_api`.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from local.ports import free_port
from local.stack import ROOT
from tests.support.pages import textarea
from tests.support.person import open_chat
from tests.support.postgres import Database, Postgres, postgres
from tests.support.program import Program
from tests.support.scripted_model import ScriptedModel
from tests.support.serve import serve
from tests.support.waiting import answers, wait_until

sys.path.insert(0, str(ROOT / "chat-ui"))

from app.main import create_app
from app.settings import Settings

__all__ = ["postgres"]

OPENING = "Good day."
SCRIPT = {"HX-Request": "true"}  # what a script says that wants a fragment


class DbApiServer:
    """A db-api process that can be killed and started again."""

    def __init__(
        self, postgres: Postgres, database: Database, secrets: Path, settings: dict[str, str]
    ) -> None:
        self._postgres, self.database, self._log = postgres, database, secrets / "db-api.log"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {
            **database.environment,
            "PYTHON": sys.executable,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "DB_API_TOKEN_FILE": str(secrets / "db-api" / "token"),
            **settings,
        }
        self.start()

    def start(self) -> None:
        """Unless it runs already."""
        if self._is_ready():
            return
        self._program = Program([ROOT / "db-api" / "start"], self._environment, self._log)
        self._program.wait_until(self._is_ready)

    def kill(self) -> None:
        self._program.end(signal.SIGKILL)

    def sql(self, statement: str) -> Any:
        """Runs it as the superuser, past all policies; the first value, if it gives some."""
        socket = str(self._postgres.directory / "socket")
        connection = psycopg2.connect(
            host=socket, port=self._postgres.port, user="postgres", dbname=self.database.name
        )
        with closing(connection), connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()[0][0] if cursor.description else None

    def _is_ready(self) -> bool:
        return answers(f"{self.url}/ready")


@pytest.fixture
def anyio_backend() -> str:
    """What tests that are coroutines run on."""
    return "asyncio"


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("secrets")
    subprocess.run([ROOT / "secrets" / "make", directory], check=True)
    return directory


StartDbApi = Callable[..., DbApiServer]


@pytest.fixture(scope="session")
def start_db_api(postgres: Postgres, secrets: Path) -> Iterator[StartDbApi]:
    """Starts a db-api with settings to taste, on a migrated, empty database unless one is given."""
    migrated = postgres.create_database()
    environment = {**os.environ, **migrated.environment, "PYTHON": sys.executable}
    subprocess.run([ROOT / "db-api" / "migrate"], env=environment, check=True)
    with ExitStack() as stack:

        def start(database: Database | None = None, **settings: str) -> DbApiServer:
            database = database or postgres.create_database(migrated.name)
            server = DbApiServer(postgres, database, secrets, settings)
            stack.callback(server.kill)
            return server

        yield start


@pytest.fixture(scope="session")
def db_api(start_db_api: StartDbApi) -> DbApiServer:
    return start_db_api()


class ModelServer:
    """The address at which each test finds a model of its own."""

    app: ASGIApp = ScriptedModel().app()
    url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def model_server() -> Iterator[ModelServer]:
    server = ModelServer()
    with serve(server) as server.url:
        yield server


@pytest.fixture
def model(model_server: ModelServer) -> Iterator[ScriptedModel]:
    model = ScriptedModel()
    model_server.app = model.app()
    yield model
    model.go.set()


Start = Callable[..., str]
StartBriefly = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def serve_chat_ui(model_server: ModelServer, secrets: Path) -> StartBriefly:
    """A copy of chat-ui, with settings to taste, for the length of a `with` block."""

    def start(**settings: object) -> AbstractContextManager[str]:
        usual: dict[str, object] = {
            "lm_api_url": model_server.url,
            "db_api_token_file": secrets / "db-api" / "token",
            "lm_api_key_file": secrets / "lm-api" / "key",
            "cookie_key_file": secrets / "cookie" / "key",
            "opening_message": OPENING,
        }
        return serve(create_app(Settings.model_validate(usual | settings)))

    return start


@pytest.fixture(scope="session")
def url(db_api: DbApiServer, serve_chat_ui: StartBriefly) -> Iterator[str]:
    """The copy of chat-ui with the usual settings."""
    with serve_chat_ui(db_api_url=db_api.url) as url:
        yield url


def new_browser(url: str, cookies: httpx.Cookies | None = None) -> httpx.Client:
    """A client that keeps cookies, as a browser without JavaScript does."""
    # Nothing here is encrypted, and certificates take longer to load than most tests last.
    return httpx.Client(base_url=url, cookies=cookies, timeout=60, verify=False)


@pytest.fixture
def browser(url: str, model: ScriptedModel, db_api: DbApiServer) -> Iterator[httpx.Client]:
    """A browser. Afterwards nothing is left to be written."""
    with new_browser(url) as client:
        yield client
    model.answer = None
    model.go.set()
    left = "SELECT count(*) FROM replies WHERE finished_at IS NULL"
    wait_until(lambda: db_api.sql(left) == 0)


def expect(response: httpx.Response, status: int, *words: str, kept: str | None = None) -> str:
    """The page, which has this status, these words and, in its form, this text that was typed."""
    assert response.status_code == status, response.text
    for word in words:
        assert word in response.text
    assert kept is None or textarea(response.text) == kept
    return response.text


@pytest.fixture
def chat(browser: httpx.Client) -> str:
    """The path of a chat that was opened just now."""
    return open_chat(browser)


@pytest.fixture
def newcomer(url: str) -> Iterator[httpx.Client]:
    """A browser that has never been here."""
    with new_browser(url) as client:
        yield client


@pytest.fixture
def stranger(newcomer: httpx.Client) -> httpx.Client:
    """Somebody else's browser."""
    open_chat(newcomer)
    return newcomer
