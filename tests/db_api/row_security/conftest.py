"""Sessions with rows of every kind, and transactions as db-api's roles begin them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import psycopg2
import pytest
from app.settings import Settings
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import URL

from tests.db_api.api import NOWHERE, Person
from tests.db_api.conftest import Sql, connect
from tests.db_api.documents import keep_document, quote_document, send_picture
from tests.support.postgres import Postgres

Act = Callable[[str], Any]
Acting = Callable[..., AbstractContextManager[Act]]
Strangers = tuple[str | None, ...]


def enter(url: URL) -> "psycopg2.extensions.connection":
    """As one of the logins."""
    driver = url.set(drivername="postgresql")
    return psycopg2.connect(driver.render_as_string(hide_password=False))


@pytest.fixture
def acting(settings: Settings, postgres: Postgres) -> Acting:
    """``with acting(role, session) as act``: a transaction as db-api begins it; without a role, as
    the owner of the tables. ``act`` answers with rows, or how many changed, and undoes what it did.
    """

    def log_in(role: str | None) -> AbstractContextManager["psycopg2.extensions.connection"]:
        if role == "searcher":  # which no login may become
            return connect(postgres, settings)
        return closing(enter(settings.login_url(role) if role else settings.owner_url))

    @contextmanager
    def begin(role: str | None, session_id: str | None = None) -> Iterator[Act]:
        with log_in(role) as connection, connection.cursor() as cursor:
            if role:
                cursor.execute(f"SET LOCAL ROLE {role}")
            if session_id is not None:
                cursor.execute("SELECT set_config('app.session_id', %s, true)", [session_id])

            def act(statement: str) -> Any:
                cursor.execute("SAVEPOINT here")
                try:
                    cursor.execute(statement)
                    return cursor.fetchall() if cursor.description else cursor.rowcount
                finally:
                    cursor.execute("ROLLBACK TO here")

            yield act

    return begin


def refusals(act: Act, statements: list[str]) -> dict[str, str]:
    """Why each of them is refused."""
    found = {}
    for statement in statements:
        with pytest.raises(InsufficientPrivilege) as caught:
            act(statement)
        found[statement] = "policy" if "row-level security" in str(caught.value) else "grant"
    return found


@pytest.fixture
def hers(ada: Person, sql: Sql) -> dict[str, str]:
    """Ada's rows: a running reply, a queued one, and what was said before; a document that was
    read, an upload that is not finished, and a token."""
    chat = ada.chat(opening="Hello")
    reply, queued = ada.send(chat, "secret", worker="w"), ada.send(chat, "another secret")
    kept = keep_document(sql, chat)
    sql("INSERT INTO files (session_id) VALUES (%s)", ada.session_id)
    quote_document(sql, reply, kept.document)
    send_picture(sql, reply, kept.document)
    token = ada.make_token()["id"]
    return {
        **{"session": ada.session_id, "chat": chat, "reply": reply, "queued": queued},
        **{"file": kept.file, "document": kept.document, "token": token},
    }


@pytest.fixture
def strangers(bob: Person) -> Strangers:
    """Another session, which has no chat; an unknown one, none, and an empty one."""
    return bob.session_id, NOWHERE, None, ""
