"""Each call reaches only what is one's own, also where row security is off. A message is looked for
in its chat only."""

import json
from uuid import uuid4

import httpx

from tests.db_api.api import Api, Person, body, ids, problem
from tests.db_api.unguarded import PARTS, api, unguarded

__all__ = ["api", "unguarded"]


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
        person.get(f"/chats/{chat}/replies/{reply}/prompt"),
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
    api: Api, ada: Person, bob: Person
) -> None:
    chat, other, his = (p.chat(opening="Hello") for p in (ada, ada, bob))
    reply = ada.send(chat, "secret", worker="w")
    api.store(reply, "secret")
    before = ada.messages(chat)
    said, unknown = ids(before), [str(uuid4()) for _ in range(3)]
    hers, nowhere = enter(bob, chat, said), enter(bob, str(uuid4()), said)
    for answer, same in zip(hers, nowhere, strict=True):
        assert problem(answer, 404, "chat-not-found") == same.json(), "none looks like it"
    for person, where, wanted in ((bob, his, said), (ada, other, said), (ada, chat, unknown)):
        for answer in reach(person, where, wanted):
            problem(answer, 404, "message-not-found")
        problem(person.post_stop(where, wanted[2]), 404, "reply-not-found")
        prompt = person.get(f"/chats/{where}/replies/{wanted[2]}/prompt")
        problem(prompt, 404, "reply-not-found")
        known = json.dumps([{"id": wanted[2], "state": "queued"}])
        assert person.read(where, "/follow", known=known, since=9)["replies"] == []
    for answer in (
        *(ada.post_message(chat, "Hi", replaces=message) for message in (said[0], reply)),
        *(ada.post_reply(chat, message) for message in said[:2]),
    ):
        problem(answer, 404, "message-not-found")
    assert (bob.chats(), ada.messages(chat), ada.read(chat)["title"]) == ([his], before, "secret")


def test_only_one_s_own_export_is_renewed_and_ended(ada: Person, bob: Person) -> None:
    hers, his = (f"/exports/{body(p.post('/exports'), 201)['id']}" for p in (ada, bob))
    for answer in (bob.http.put(hers, headers=bob.headers), bob.delete(hers)):
        problem(answer, 404, "export-not-found")
    problem(ada.post("/exports"), 429, "limit-reached")
    assert [p.delete(own).status_code for p, own in ((ada, hers), (bob, his))] == [204] * 2


def test_only_one_s_own_session_is_ended(api: Api, ada: Person) -> None:
    assert api.person().post("/sessions/current/end").status_code == 204
    assert ada.get("/chats").is_success


def test_what_was_deleted_is_listed_for_its_owner_only(ada: Person, bob: Person) -> None:
    chat = ada.chat()
    ada.delete(f"/chats/{chat}")
    assert [ids(body(p.get("/chats/deleted"))["items"]) for p in (ada, bob)] == [[chat], []]


def test_searches_and_keys_are_looked_up_among_one_s_own(ada: Person, bob: Person) -> None:
    ada.sent(ada.chat(), "secret", key="k")
    assert (len(ada.search("secret")), bob.search("secret")) == (2, [])
    assert bob.sent(bob.chat(), "secret", key="k")["repeated"] is False
    hers, first, again = (person.begun("secret", key="k") for person in (ada, bob, bob))
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["reply"]["id"] == again["reply"]["id"] != hers["reply"]["id"]


def test_ending_or_renewing_a_session_leaves_others_alone(
    api: Api, ada: Person, bob: Person
) -> None:
    eve = api.person()
    before = body(ada.get("/sessions/current"))
    assert body(bob.patch("/sessions/current", name="Bob"))["name"] == "Bob"
    assert bob.post("/sessions/current/renew").is_success
    reply = ada.send(ada.chat(), worker="w")
    assert bob.post("/sessions/current/end").is_success
    assert api.store(reply, "Once")["stop_requested"] is False
    assert eve.delete("/sessions/current").is_success
    assert body(ada.get("/sessions/current")) == before


def test_documents_are_looked_for_among_one_s_own(ada: Person, bob: Person) -> None:
    chat, his = ada.chat(), bob.chat()
    hers, upload = ada.upload(b"Secret.", chat=chat), ada.begin_upload()
    ada.upload(b"Secret.")  # it is in the library, too
    body(ada.put_block(upload, 0, b"More."))
    path = f"/documents/{hers['id']}"
    for answer in (
        *(bob.get(path + part) for part in ("", "/pages/1", "/blocks/0")),
        bob.patch(path, name="mine now"),
        bob.delete(path),
    ):
        problem(answer, 404, "document-not-found")
    for answer in (
        bob.put_block(upload, 1, b"x"),
        bob.post_complete(upload, b"More."),
        bob.delete(f"/files/{upload}"),
    ):
        problem(answer, 404, "file-not-found")
    kept = bob.upload(b"Secret.", chat=his)
    assert (kept["repeated"], ids(kept["chats"]), ids(bob.documents())) == (
        False,
        [his],
        [kept["id"]],
    )
    assert bob.read(his, "/page")["documents"] == bob.documents()
    assert body(bob.get("/documents", chat=chat))["items"] == []
    assert ada.documents()[0]["name"] == "notes.txt"
