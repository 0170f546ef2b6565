"""The queries themselves name the owner: tried on a database whose row security is off."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from alembic import command
from app.db import Database
from app.messages.branches import is_shown
from app.settings import Settings

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import alembic_config, make_settings, serve_api
from tests.support.postgres import Postgres


@pytest.fixture(scope="module")
def unguarded(postgres: Postgres) -> Iterator[Settings]:
    database = postgres.create_database()
    settings = make_settings(postgres, database)
    command.upgrade(alembic_config(settings), "head")
    for table in ("sessions", "chats", "messages", "replies"):
        postgres.psql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", database.name)
    yield settings
    postgres.drop_database(database)


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
    stop = f"/chats/{{}}/replies/{reply}/stop"
    for answer in (
        him.get(f"/chats/{chat}"),
        him.get(f"/chats/{chat}/messages"),
        him.get(f"/chats/{chat}/page"),
        him.get(f"/chats/{chat}/follow"),
        him.post_message(chat, "Hi"),
        him.post(stop.format(chat)),
        him.get(f"/chats/{chat}/messages", at=before[0]["id"]),
        him.get(f"/chats/{chat}/messages/all"),
        him.get(f"/chats/{chat}/prompt"),
        him.patch(f"/chats/{chat}", title="mine now"),
        him.patch(f"/chats/{chat}"),
        him.put(f"/chats/{chat}/head", {"message_id": before[0]["id"]}),
        him.ask_again(chat, reply),
        him.delete(f"/chats/{chat}/messages/{before[1]['id']}"),
        him.delete(f"/chats/{chat}"),
        him.post(f"/chats/{chat}/restore"),
    ):
        problem(answer, 404, "chat-not-found")
    for answer in (
        him.get(f"/chats/{his}/messages", at=before[0]["id"]),
        him.get(f"/chats/{his}/page", at=before[0]["id"]),
        him.get(f"/chats/{his}/page", before=before[1]["id"]),
        him.put(f"/chats/{his}/head", {"message_id": before[0]["id"]}),
        him.delete(f"/chats/{his}/messages/{before[1]['id']}"),
        him.post_message(his, "Hi", replaces=before[1]["id"]),
        him.ask_again(his, reply),
    ):
        problem(answer, 404, "message-not-found")
    problem(him.post(stop.format(his)), 404, "reply-not-found")
    found = him.get(f"/chats/{his}/messages", before=before[-1]["id"])
    problem(found, 404, "message-not-found")
    assert [c["id"] for c in body(him.get("/chats"))["items"]] == [his]
    told = body(him.get(f"/chats/{his}/follow", known=f"{reply}:queued::::0"))
    assert told["replies"] == []
    assert her.messages(chat) == before
    assert body(her.get(f"/chats/{chat}"))["title"] == "secret"


def test_what_was_deleted_is_listed_for_its_owner_only(her: Person, him: Person) -> None:
    chat = her.chat()
    her.delete(f"/chats/{chat}")
    assert [c["id"] for c in body(her.get("/chats/deleted"))["items"]] == [chat]
    assert body(him.get("/chats/deleted"))["items"] == []


def test_a_branch_is_walked_among_one_s_own(unguarded: Settings, her: Person, him: Person) -> None:
    head = her.send(chat := her.chat(opening="Hello"))
    opening = UUID(her.messages(chat)[0]["id"])
    database = Database(unguarded)
    for person, shown in ((her, True), (him, False)):
        session = UUID(person.session_id)
        with database.person(session) as connection:
            assert is_shown(connection, session, UUID(head), opening) is shown
    database.close()


def test_a_search_keeps_to_one_s_own(her: Person, him: Person) -> None:
    her.send(her.chat(), "secret")
    assert len(body(her.get("/search", q="secret"))["items"]) == 2
    assert body(him.get("/search", q="secret")) == {"items": [], "more": False}


def test_a_key_is_looked_up_among_one_s_own(her: Person, him: Person) -> None:
    her.post_message(her.chat(), "Hi", key="k")
    sent = body(him.post_message(him.chat(), "Hi", key="k"), 201)
    assert sent["repeated"] is False


def test_ending_or_renewing_a_session_leaves_others_alone(her: Person, him: Person) -> None:
    before = body(her.get("/sessions/current"))
    him.patch("/sessions/current", name="Bob")
    him.post("/sessions/current/renew")
    him.delete("/sessions/current")
    assert body(her.get("/sessions/current")) == before
