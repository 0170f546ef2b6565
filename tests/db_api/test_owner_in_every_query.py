"""The queries themselves name the owner: tried on a database whose row security is off. Also, a
message is looked for in its chat only."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import httpx
import pytest
from app.branches.show import is_shown
from app.db.transactions import Database
from app.settings import Settings

from tests.db_api.api import Api, Person, body, ids, problem
from tests.db_api.conftest import TABLES, new_database, serve_api
from tests.support.postgres import Postgres

PARTS = ("", "/messages", "/messages/all", "/page", "/page?limit=1", "/follow", "/prompt")


@pytest.fixture(scope="module")
def unguarded(postgres: Postgres) -> Iterator[Settings]:
    with new_database(postgres) as settings:
        for table in TABLES:
            postgres.psql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", settings.db_name)
        yield settings


@pytest.fixture(scope="module")
def bare(unguarded: Settings) -> Iterator[Api]:
    with serve_api(unguarded) as (api, _):
        yield api


@pytest.fixture
def her(bare: Api) -> Person:
    return bare.person()


@pytest.fixture
def him(bare: Api) -> Person:
    return bare.person()


def enter(person: Person, chat: str, said: list[str]) -> list[httpx.Response]:
    """Every call that begins with a chat."""
    opening, question, reply = said
    return [
        *(person.get(f"/chats/{chat}{part}") for part in PARTS),
        person.get(f"/chats/{chat}/messages", at=opening),
        person.get(f"/chats/{chat}/page", before=question),
        person.post_message(chat, "Hi"),
        person.post_reply(chat, reply),
        person.post_stop(chat, reply),
        person.patch(f"/chats/{chat}", title="mine now"),
        person.patch(f"/chats/{chat}"),
        person.put_head(chat, opening),
        person.delete(f"/chats/{chat}/messages/{question}"),
        person.delete(f"/chats/{chat}"),
        person.post(f"/chats/{chat}/restore"),
    ]


def reach(person: Person, chat: str, said: list[str]) -> list[httpx.Response]:
    """Every call that looks for a message in a chat."""
    opening, question, reply = said
    return [
        person.get(f"/chats/{chat}/messages", at=opening),
        person.get(f"/chats/{chat}/messages", before=reply),
        person.get(f"/chats/{chat}/page", at=opening),
        person.get(f"/chats/{chat}/page", before=question),
        person.put_head(chat, opening),
        person.delete(f"/chats/{chat}/messages/{question}"),
        person.post_message(chat, "Hi", replaces=question),
        person.post_reply(chat, reply),
    ]


def test_only_one_s_own_messages_are_reached_and_only_in_their_chat(
    bare: Api, her: Person, him: Person
) -> None:
    chat, other, his = (p.chat(opening="Hello") for p in (her, her, him))
    reply = her.send(chat, "secret", worker="w")
    bare.store(reply, "secret")
    before = her.messages(chat)
    said, unknown = ids(before), [str(uuid4()) for _ in range(3)]
    hers, nowhere = enter(him, chat, said), enter(him, str(uuid4()), said)
    for answer, same in zip(hers, nowhere, strict=True):
        assert problem(answer, 404, "chat-not-found") == same.json(), "none looks like it"
    for person, where, wanted in ((him, his, said), (her, other, said), (her, chat, unknown)):
        for answer in reach(person, where, wanted):
            problem(answer, 404, "message-not-found")
        problem(person.post_stop(where, wanted[2]), 404, "reply-not-found")
        known = json.dumps([{"id": wanted[2], "state": "queued"}])
        assert person.read(where, "/follow", known=known, since=9)["replies"] == []
    for answer in (
        *(her.post_message(chat, "Hi", replaces=message) for message in (said[0], reply)),
        *(her.post_reply(chat, message) for message in said[:2]),
    ):
        problem(answer, 404, "message-not-found")
    assert (him.chats(), her.messages(chat), her.read(chat)["title"]) == ([his], before, "secret")


def test_what_was_deleted_is_listed_for_its_owner_only(her: Person, him: Person) -> None:
    chat = her.chat()
    her.delete(f"/chats/{chat}")
    lists = [ids(body(person.get("/chats/deleted"))["items"]) for person in (her, him)]
    assert lists == [[chat], []]


def test_a_branch_is_walked_among_one_s_own(unguarded: Settings, her: Person, him: Person) -> None:
    head = her.send(chat := her.chat(opening="Hello"))
    opening = UUID(her.messages(chat)[0]["id"])
    database = Database(unguarded)
    for person, shown in ((her, True), (him, False)):
        session = UUID(person.session_id)
        with database.person(session) as connection:
            assert is_shown(connection, session, UUID(head), opening) is shown
    database.close()


def test_searches_and_keys_are_looked_up_among_one_s_own(her: Person, him: Person) -> None:
    her.sent(her.chat(), "secret", key="k")
    assert (len(her.search("secret")), him.search("secret")) == (2, [])
    assert him.sent(him.chat(), "secret", key="k")["repeated"] is False


def test_ending_or_renewing_a_session_leaves_others_alone(her: Person, him: Person) -> None:
    before = body(her.get("/sessions/current"))
    assert body(him.patch("/sessions/current", name="Bob"))["name"] == "Bob"
    assert him.post("/sessions/current/renew").is_success
    assert him.delete("/sessions/current").is_success
    assert body(her.get("/sessions/current")) == before
