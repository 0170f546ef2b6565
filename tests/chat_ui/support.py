"""What the tests of chat-ui work with: its servers, its clients, and what a person does."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import psycopg2
import pytest
from app.clients.base import DbApi
from app.clients.chats import ChatsClient
from app.clients.messages import MessagesClient
from starlette.types import ASGIApp, Receive, Scope, Send

from local.ports import free_port
from local.stack import ROOT
from tests.support.pages import (
    articles,
    client_key,
    form_action,
    hidden_field,
    links,
    parse,
    text_of,
    textarea,
)
from tests.support.person import (
    Event,
    ask,
    edit,
    events,
    generate,
    message_ids,
    messages,
    open_chat,
    send,
    stop_address,
    wait_for,
    wait_until_final,
)
from tests.support.postgres import Database, Postgres
from tests.support.program import Program
from tests.support.scripted_model import ScriptedModel
from tests.support.serve import serve
from tests.support.waiting import answers, wait_until

# Offered from here, too, so that a test has one place to look for what it can use.
__all__ = [
    "ROOT", "Event", "Program", "ScriptedModel", "answers", "articles", "ask", "client_key", "edit",
    "events", "form_action", "free_port", "generate", "hidden_field", "links", "message_ids",
    "messages", "open_chat", "parse", "send", "serve", "stop_address", "text_of", "textarea",
    "wait_for", "wait_until", "wait_until_final",
]  # fmt: skip

OPENING = "Good day."
SCRIPT = {"HX-Request": "true"}  # what a script says that wants a fragment


def replace_within(
    monkeypatch: pytest.MonkeyPatch, module: str, library: ModuleType, **members: object
) -> None:
    """Of a library, gives one module other members. The servers, which run in threads of this
    process, keep the library as it is: without its `sleep`, they would end."""
    seen = SimpleNamespace(**vars(library) | members)
    monkeypatch.setattr(f"{module}.{library.__name__}", seen)


class DbApiServer:
    """A db-api process that can be killed and started again."""

    def __init__(
        self, postgres: Postgres, database: Database, secrets: Path, **settings: str
    ) -> None:
        self.database, self._postgres = database, postgres
        self._log = secrets / "db-api.log"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {
            **database.environment,
            "PYTHON": sys.executable,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "DB_API_TOKEN_FILE": str(secrets / "db-api" / "token"),
            "DOC_WORKER_TOKEN_FILE": str(secrets / "doc-worker" / "token"),
            "LIMITS": "off",
            **settings,
        }
        self.start()

    def start(self) -> None:
        """Unless it runs already."""
        if not self._is_ready():
            self._program = Program([ROOT / "db-api" / "start"], self._environment, self._log)
            self._program.wait_until(self._is_ready)

    def kill(self) -> None:
        self._program.end(signal.SIGKILL)

    def sql(self, statement: str) -> Any:
        """Runs it as the superuser, past all policies; the first value, if it gives some."""
        with self._connect() as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()[0][0] if cursor.description else None

    @contextmanager
    def hold(self, statement: str) -> Iterator[None]:
        """Runs it in a transaction that stays open as long as the block."""
        with self._connect() as connection:
            connection.cursor().execute(statement)
            yield

    def _connect(self) -> Any:
        return closing(
            psycopg2.connect(
                host=str(self._postgres.directory / "socket"),
                port=self._postgres.port,
                user="postgres",
                dbname=self.database.name,
            )
        )

    def _is_ready(self) -> bool:
        return answers(f"{self.url}/ready")


class ModelServer:
    """The address at which each test finds a model of its own."""

    app: ASGIApp = ScriptedModel().app()
    url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@dataclass
class Clients:
    """What chat-ui asks db-api by, and a session of somebody's."""

    api: DbApi
    chats: ChatsClient
    messages: MessagesClient
    session: UUID

    async def open_chat(self) -> UUID:
        return (await self.chats.create(self.session, "Ann", "Be brief.", "Hello.")).id


def new_browser(url: str, cookies: httpx.Cookies | None = None) -> httpx.Client:
    """A client that keeps cookies, as a browser without JavaScript does."""
    # Nothing here is encrypted, and certificates take longer to load than most tests last.
    return httpx.Client(base_url=url, cookies=cookies, timeout=60, verify=False)


def expect(response: httpx.Response, status: int, *words: str, kept: str | None = None) -> str:
    """The page, which has this status, these words and, in its form, this text that was typed."""
    assert response.status_code == status, response.text
    assert [word for word in words if word not in response.text] == [], response.text
    assert kept is None or textarea(response.text) == kept
    return response.text


StartDbApi = Callable[..., DbApiServer]
Start = Callable[..., str]
StartBriefly = Callable[..., AbstractContextManager[str]]
