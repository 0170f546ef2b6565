"""PostgreSQL goes away and comes back; db-api says so and heals by itself."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest
from alembic import command

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import ServeCopy, alembic_config, make_settings, new_database, serve_api
from tests.support.postgres import Postgres, running_postgres
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def mortal() -> Iterator[tuple[Postgres, Api]]:
    """A server of its own, to be killed, and db-api on it."""
    # Commits are written before they are acknowledged, as they are outside of tests.
    with running_postgres({"fsync": "off", "full_page_writes": "off"}) as server:
        settings = make_settings(server, server.database())
        command.upgrade(alembic_config(settings), "head")
        with serve_api(settings) as (api, _):
            yield server, api


def start_again(server: Postgres) -> None:
    """As a supervisor does: what the killed one left behind may hold its memory for a moment."""

    def start() -> bool:
        with suppress(RuntimeError):
            server.start()
        return server.is_ready()

    wait_until(start)


def fill_pool(person: Person) -> set[int]:
    """Uses all connections at once; the statuses of the answers."""
    with ThreadPoolExecutor(12) as pool:
        return {a.status_code for a in pool.map(lambda _: person.get("/chats"), range(24))}


@pytest.fixture
def person(mortal: tuple[Postgres, Api]) -> Person:
    return mortal[1].person()


def test_while_the_database_is_gone_every_call_says_so(
    mortal: tuple[Postgres, Api], person: Person
) -> None:
    (server, api), chat = mortal, person.chat()
    assert fill_pool(person) == {200}, "these connections will die"
    server.kill()
    for answer in (
        person.get("/chats"),
        person.post_message(chat, "Hi"),
        person.get(f"/chats/{chat}/follow", wait=5),
        api.http.post("/replies/claim", json={"worker": "w"}),
        api.http.post("/sessions"),
        api.http.get("/ready"),
    ):
        problem(answer, 503, "database-unavailable")
        assert answer.headers["retry-after"] == "2"
    assert body(api.http.get("/health")) == {"status": "ok"}
    start_again(server)
    # Every pooled connection died with the old server: each is replaced before it is used.
    assert fill_pool(person) == {200}
    assert body(api.http.get("/ready")) == {"status": "ok"}
    assert person.messages(chat) == [], "what was refused was not stored"


def test_connections_that_died_unnoticed_are_replaced(
    mortal: tuple[Postgres, Api], person: Person
) -> None:
    fill_pool(person)
    mortal[0].stop()
    start_again(mortal[0])
    assert fill_pool(person) == {200}


def test_a_restart_under_load_loses_no_acknowledged_message(
    mortal: tuple[Postgres, Api], person: Person
) -> None:
    chat, enough = person.chat(), Event()
    acknowledged: list[list[str]] = [[] for _ in range(4)]

    def send_all(sender: int) -> None:
        for number in itertools.takewhile(lambda _: not enough.is_set(), itertools.count()):
            text = f"{sender}-{number}"
            if person.post_message(chat, text, key=text).status_code == 201:
                acknowledged[sender].append(text)

    def wait_for_more() -> None:
        before = [len(texts) for texts in acknowledged]
        wait_until(lambda: all(len(t) > b for t, b in zip(acknowledged, before, strict=True)))

    with ThreadPoolExecutor(4) as pool:
        senders = [pool.submit(send_all, sender) for sender in range(4)]
        try:
            wait_for_more()
            mortal[0].kill()
            start_again(mortal[0])
            wait_for_more()
        finally:
            enough.set()
    assert [sender.exception() for sender in senders] == [None] * 4
    pages = person.pages(f"/chats/{chat}/messages/all", by="after")
    found = [message for page in pages for message in page["items"]]
    stored = [m["content"] for m in found if m["role"] == "user"]
    assert len(stored) == len(set(stored))
    assert {text for texts in acknowledged for text in texts} <= set(stored)
    assert [m["seq"] for m in found] == list(range(1, len(found) + 1))


def test_not_ready_before_migrations_and_sql_files_are_in_place(postgres: Postgres) -> None:
    for revision in (None, "0010", "head"):
        with new_database(postgres, revision) as old, serve_api(old) as (api, _):
            assert revision != "head" or api.http.get("/ready").is_success
            postgres.psql("COMMENT ON SCHEMA public IS 'older files'", old.db_name)
            problem(api.http.get("/ready"), 503, "database-unavailable")
            assert api.http.get("/health").status_code == 200


def test_a_stuck_statement_ends_as_a_503(
    ada: Person,
    chat: str,
    hold: Callable[..., None],
    serve_copy: ServeCopy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.db.transactions.STATEMENT_TIMEOUT_MS", 1000)
    with serve_copy() as impatient:
        hold("SELECT FROM chats WHERE id = %s FOR UPDATE", chat)
        problem(ada.at(impatient).post_message(chat, "Hi"), 503, "database-unavailable")
        hold("ROLLBACK")
        ada.at(impatient).sent(chat, "Hi")
