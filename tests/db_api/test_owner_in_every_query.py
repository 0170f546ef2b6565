"""The queries themselves name the owner: tried on a database whose row security is off."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from app.branches.show import is_shown
from app.db.transactions import Database
from app.settings import Settings

from tests.db_api.api import Api, Person, body, ids, problem
from tests.db_api.conftest import TABLES, new_database, serve_api
from tests.support.postgres import Postgres


@pytest.fixture(scope="module")
def unguarded(postgres: Postgres) -> Iterator[Settings]:
    with new_database(postgres) as settings:
        for table in TABLES:
            off = f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
            postgres.psql(off, settings.db_name)
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


def test_a_stranger_reaches_nothing(bare: Api, her: Person, him: Person) -> None:
    chat, his = her.chat(opening="Hello"), him.chat(opening="Hello")
    reply = her.send(chat, "secret", worker="w")
    bare.store(reply, "secret")
    before = her.messages(chat)
    opening, question, _ = ids(before)
    for answer in (
        him.get(f"/chats/{chat}"),
        him.get(f"/chats/{chat}/messages"),
        him.get(f"/chats/{chat}/messages", at=opening),
        him.get(f"/chats/{chat}/messages/all"),
        him.get(f"/chats/{chat}/page"),
        him.get(f"/chats/{chat}/follow"),
        him.get(f"/chats/{chat}/prompt"),
        him.post_message(chat, "Hi"),
        him.post_reply(chat, reply),
        him.post_stop(chat, reply),
        him.patch(f"/chats/{chat}", title="mine now"),
        him.patch(f"/chats/{chat}"),
        him.put_head(chat, opening),
        him.delete(f"/chats/{chat}/messages/{question}"),
        him.delete(f"/chats/{chat}"),
        him.post(f"/chats/{chat}/restore"),
    ):
        problem(answer, 404, "chat-not-found")
    for answer in (
        him.get(f"/chats/{his}/messages", at=opening),
        him.get(f"/chats/{his}/messages", before=reply),
        him.get(f"/chats/{his}/page", at=opening),
        him.get(f"/chats/{his}/page", before=question),
        him.put_head(his, opening),
        him.delete(f"/chats/{his}/messages/{question}"),
        him.post_message(his, "Hi", replaces=question),
        him.post_reply(his, reply),
    ):
        problem(answer, 404, "message-not-found")
    problem(him.post_stop(his, reply), 404, "reply-not-found")
    assert him.chats() == [his]
    known = f'[{{"id": "{reply}", "state": "queued"}}]'
    assert him.read(his, "/follow", known=known)["replies"] == []
    assert (her.messages(chat), her.read(chat)["title"]) == (before, "secret")


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
    him.patch("/sessions/current", name="Bob")
    him.post("/sessions/current/renew")
    him.delete("/sessions/current")
    assert body(her.get("/sessions/current")) == before
