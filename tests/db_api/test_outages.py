"""PostgreSQL goes away and comes back; db-api says so and heals by itself."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic import command

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import alembic_config, make_settings, serve_api
from tests.support.postgres import Postgres, running_postgres


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
    for _ in range(20):
        try:
            return server.start()
        except RuntimeError:
            time.sleep(0.2)
    raise RuntimeError("PostgreSQL does not start again")


def test_while_the_database_is_gone_every_call_says_so(mortal: tuple[Postgres, Api]) -> None:
    server, api = mortal
    person = api.person()
    chat = person.chat()
    with ThreadPoolExecutor(12) as pool:  # fills the pool with connections that will die
        list(pool.map(lambda _: person.get("/chats"), range(24)))
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
    assert api.http.get("/health").json() == {"status": "ok"}
    start_again(server)
    # Every pooled connection died with the old server: each is replaced before it is used.
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: person.get(f"/chats/{chat}"), range(24)))
    assert {answer.status_code for answer in answers} == {200}
    assert api.http.get("/ready").json() == {"status": "ok"}
    assert person.messages(chat) == [], "what was refused was not stored"


def test_connections_that_died_unnoticed_are_replaced(mortal: tuple[Postgres, Api]) -> None:
    server, api = mortal
    person = api.person()
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: person.get("/chats"), range(24)))
        server.stop()
        start_again(server)
        answers = list(pool.map(lambda _: person.get("/chats"), range(24)))
    assert {answer.status_code for answer in answers} == {200}


def test_a_restart_under_load_loses_no_acknowledged_message(
    mortal: tuple[Postgres, Api],
) -> None:
    server, api = mortal
    person = api.person()
    chat = person.chat()
    deadline = time.monotonic() + 2

    def send_all(sender: int) -> list[str]:
        acknowledged = []
        number = 0
        while time.monotonic() < deadline:
            number += 1
            text = f"{sender}-{number}"
            if person.post_message(chat, text, key=text).status_code == 201:
                acknowledged.append(text)
        return acknowledged

    with ThreadPoolExecutor(4) as pool:
        senders = [pool.submit(send_all, sender) for sender in range(4)]
        time.sleep(0.5)
        server.kill()
        start_again(server)
        acknowledged = [text for sender in senders for text in sender.result()]
    found: list[Any] = []
    before = None
    while before or not found:
        more: dict[str, Any] = {"before": before} if before else {}
        page = body(person.get(f"/chats/{chat}/messages", limit=200, **more))
        found = page["items"] + found
        before = page["earlier"]
    stored = [m["content"] for m in found if m["role"] == "user"]
    assert len(stored) == len(set(stored))
    assert set(acknowledged) <= set(stored)
    assert [m["seq"] for m in found] == list(range(1, len(found) + 1))


def test_not_ready_before_the_migrations(postgres: Postgres) -> None:
    empty = postgres.create_database()
    with serve_api(make_settings(postgres, empty)) as (api, _):
        problem(api.http.get("/ready"), 503, "database-unavailable")
        assert api.http.get("/health").status_code == 200
    postgres.drop_database(empty)


def test_a_stuck_statement_ends_as_a_503(mortal: tuple[Postgres, Api]) -> None:
    server, api = mortal
    person = api.person()
    chat = person.chat()
    server.psql("ALTER DATABASE parley SET lock_timeout = '300ms'", database="postgres")
    # New connections only: let the pool make some.
    settings = make_settings(server, server.database())
    with serve_api(settings) as (other, _), ThreadPoolExecutor(1) as pool:
        holder = pool.submit(
            server.psql,
            f"BEGIN; SELECT FROM chats WHERE id = '{chat}' FOR UPDATE; SELECT pg_sleep(1)",
            "parley",
        )
        time.sleep(0.3)
        same = Person(other.http, person.session_id)
        problem(same.post_message(chat, "Hi"), 503, "database-unavailable")
        holder.result()
        assert same.post_message(chat, "Hi").status_code == 201
