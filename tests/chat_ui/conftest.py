"""chat-ui for tests: served for real, on a real db-api, with a language model that is scripted.

One of each serves the whole session. A module that starts copies of its own, whose replies no other
runner may take, overrides `db_api`.
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import httpx
import pytest

from local.stack import ROOT
from tests.support.postgres import LONG_LEASES, Postgres, postgres

sys.path.insert(0, str(ROOT / "chat-ui"))

from app.clients.base import DbApi
from app.clients.chats import ChatsClient
from app.clients.messages import MessagesClient
from app.clients.service import connect
from app.clients.sessions import SessionsClient
from app.main import create_app
from app.settings import Settings

from tests.chat_ui.asking import FILLER, LEASE, Reader, attach
from tests.chat_ui.programs import SCOPES, bearer, make_token
from tests.chat_ui.support import (
    OPENING,
    Clients,
    DbApiServer,
    ModelServer,
    ScriptedModel,
    StartBriefly,
    StartDbApi,
    generate,
    new_browser,
    open_chat,
    send,
    serve,
    wait_for,
    wait_until,
)

__all__ = ["postgres"]

UNFINISHED = """
SELECT count(*) FROM replies WHERE finished_at IS NULL AND NOT is_paused(listened_until)
"""


@pytest.fixture
def anyio_backend() -> str:
    """What tests that are coroutines run on."""
    return "asyncio"


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("secrets")
    subprocess.run([ROOT / "secrets" / "make", directory], check=True)
    return directory


@pytest.fixture(scope="session")
def start_db_api(postgres: Postgres, secrets: Path) -> Iterator[StartDbApi]:
    """Starts a db-api on a migrated, empty database of its own, or on that of another one, with
    settings to taste."""
    migrated = postgres.create_database()
    environment = {**os.environ, **migrated.environment, "PYTHON": sys.executable}
    subprocess.run([ROOT / "db-api" / "migrate"], env=environment, check=True)
    postgres.psql(LONG_LEASES, migrated.name)
    with ExitStack() as stack:

        def start(beside: DbApiServer | None = None, **settings: str) -> DbApiServer:
            database = beside.database if beside else postgres.create_database(migrated.name)
            server = DbApiServer(postgres, database, secrets, **settings)
            stack.callback(server.kill)
            return server

        yield start


@pytest.fixture(scope="session")
def db_api(start_db_api: StartDbApi) -> DbApiServer:
    return start_db_api()


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
    model.speak.set()


@pytest.fixture
async def clients(db_api: DbApiServer, secrets: Path) -> AsyncIterator[Clients]:
    token = (secrets / "db-api" / "token").read_text().strip()
    async with connect(db_api.url, token) as service:
        api = DbApi(service)
        session = (await SessionsClient(api).create("Ann")).id
        yield Clients(api, ChatsClient(api, api), MessagesClient(api, api), session)


@pytest.fixture(scope="session")
def serve_chat_ui(model_server: ModelServer, secrets: Path) -> StartBriefly:
    """A copy of chat-ui, with settings to taste, for the length of a `with` block."""

    def start(**settings: object) -> AbstractContextManager[str]:
        usual: dict[str, object] = {
            "lm_api_url": model_server.url,
            "db_api_token_file": secrets / "db-api" / "token",
            "lm_api_key_file": secrets / "lm-api" / "key",
            "cookie_key_file": secrets / "cookie" / "key",
            "token_key_file": secrets / "tokens" / "key",
            "opening_message": OPENING,
            "timings": "on",
        }
        return serve(create_app(Settings.model_validate(usual | settings)))

    return start


@pytest.fixture(scope="session")
def url(db_api: DbApiServer, serve_chat_ui: StartBriefly) -> Iterator[str]:
    """The copy of chat-ui with the usual settings."""
    with serve_chat_ui(db_api_url=db_api.url) as url:
        yield url


@pytest.fixture
def browser(url: str, model: ScriptedModel, db_api: DbApiServer) -> Iterator[httpx.Client]:
    """A browser. Afterwards nothing is left to be written, but for what nobody listens to."""
    with new_browser(url) as client:
        yield client
    model.answer = None
    model.go.set()
    db_api.sql("DELETE FROM files")  # nobody reads them here, which questions would wait for
    wait_until(lambda: db_api.sql(UNFINISHED) == 0)


@pytest.fixture
def chat(browser: httpx.Client) -> str:
    """The path of a chat that was opened just now."""
    return open_chat(browser)


@pytest.fixture
def person(browser: httpx.Client, chat: str) -> httpx.Client:
    """Somebody who has a session."""
    return browser


@pytest.fixture
def no_documents(db_api: DbApiServer) -> Iterator[None]:
    """Afterwards nobody has any."""
    yield
    db_api.sql("DELETE FROM files")


@pytest.fixture(params=["in a chat", "from home"])
def address(request: pytest.FixtureRequest, chat: str) -> str:
    """Where a message is sent to: to the chat, or to begin one."""
    return generate(chat) if request.param == "in a chat" else "/chats"


@pytest.fixture
def half_written(browser: httpx.Client, chat: str, model: ScriptedModel) -> str:
    """The chat's page when its reply has two words of four; the model waits for `go`."""
    model.text, model.hold_after = "one two three four", 2
    send(browser, chat, "Count")
    return wait_for(browser, chat, "one two")


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


@pytest.fixture
def reader(db_api: DbApiServer, secrets: Path) -> Iterator[Reader]:
    reader = Reader(db_api, secrets)
    yield reader
    reader.http.close()
    db_api.sql("DELETE FROM files")


@pytest.fixture
def lease(browser: httpx.Client, chat: str, reader: Reader) -> str:
    """A document of the chat, too long to be given whole."""
    attach(browser, chat)
    return reader.read(*[FILLER] * 3, LEASE)


@pytest.fixture
def program(url: str, browser: httpx.Client, chat: str) -> Iterator[httpx.Client]:
    """Has a token of Ann's, and no cookie."""
    with new_browser(url) as client:
        client.headers.update(bearer(make_token(browser)))
        yield client


@pytest.fixture
def script(url: str, browser: httpx.Client, chat: str) -> Iterator[httpx.Client]:
    """A program with a token of Ann's that may do everything, and no cookie."""
    with new_browser(url) as client:
        client.headers.update(bearer(make_token(browser, scopes=SCOPES)))
        yield client
