"""Pictures are sent with a message, and are nobody else's."""

from typing import Any

import pytest

from tests.db_api.api import NOWHERE, Api, Person, lines, problem, reasons
from tests.db_api.passages import Read, read, reader
from tests.db_api.pictures import PNG, Photograph, give, given, photograph, read_picture, send

__all__ = ["photograph", "read", "reader"]


@pytest.mark.parametrize("worker", [None, "w"])
def test_a_message_is_sent_with_pictures_of_its_chat(
    ada: Person, bob: Person, chat: str, photograph: Photograph, read: Read, worker: str | None
) -> None:
    jpeg, png = photograph(ada, chat), photograph(ada, chat, name="b.png", content=PNG)
    sent = ada.sent(chat, "Hi", pictures=[png, jpeg, png], worker=worker)
    named = [(p["document_id"], p["name"]) for p in sent["message"]["pictures"]]
    assert named == [(png, "b.png"), (jpeg, "door.jpg")]
    assert [m["pictures"] for m in ada.messages(chat)] == [sent["message"]["pictures"], []]
    text = read(ada, chat, "Not a picture.")
    elsewhere = photograph(ada, ada.chat(), name="c.jpg")
    his = photograph(bob, bob.chat(), name="d.jpg")
    for refused in (text, elsewhere, his, NOWHERE):
        answer = ada.post_message(chat, "Hi", pictures=[jpeg, refused])
        assert reasons(answer) == [("pictures", "invalid")]
    assert reasons(ada.post_message(chat, "Hi", pictures=[jpeg] * 5)) == [("pictures", "invalid")]
    assert len(ada.messages(chat)) == 2, "nothing is stored of what is refused"


def test_with_a_picture_it_is_answered_freely(
    api: Api, ada: Person, chat: str, photograph: Photograph
) -> None:
    picture = photograph(ada, chat)
    sent = ada.sent(chat, "Hi", pictures=[picture], mode="documents")
    assert sent["reply"]["reply"]["mode"] == "free"
    assert ada.read(chat)["mode"] == "documents", "what was chosen stays chosen"


def test_an_edited_message_keeps_its_pictures_unless_others_are_named(
    api: Api, ada: Person, chat: str, photograph: Photograph
) -> None:
    first, second = photograph(ada, chat), photograph(ada, chat, name="b.jpg")
    message = ada.sent(chat, "Hi", pictures=[first])["message"]["id"]

    def edit(**more: Any) -> tuple[list[str], str]:
        sent = ada.sent(chat, "Hello", replaces=message, **more)
        kept = [p["document_id"] for p in sent["message"]["pictures"]]
        return kept, sent["reply"]["reply"]["mode"]

    assert edit() == ([first], "free")
    assert edit(pictures=[second]) == ([second], "free")
    assert edit(pictures=[]) == ([], "documents")
    assert ada.put_document(ada.chat(), first).is_success
    assert ada.delete(f"/chats/{chat}/documents/{first}").is_success
    assert edit()[0] == [], "it is in another chat only"


def test_a_worker_gets_pictures_only_for_the_reply_that_it_holds(
    api: Api, ada: Person, bob: Person, chat: str, photograph: Photograph
) -> None:
    hers, unsent = photograph(ada, chat), photograph(ada, chat, name="b.jpg")
    his_chat = bob.chat()
    his = photograph(bob, his_chat)
    reply, his_reply = (
        send(*of)["reply"]["id"] for of in ((ada, chat, hers), (bob, his_chat, his))
    )
    problem(read_picture(api, reply, hers), 404, "document-not-found")
    for one in (reply, his_reply):
        assert given(api, one, vision=True)["saw"] == "picture"
    assert read_picture(api, reply, hers).is_success
    for document in (his, unsent, NOWHERE):
        problem(read_picture(api, reply, document), 404, "document-not-found")
    problem(read_picture(api, reply, hers, "another"), 409, "lease-lost")
    problem(give(api, reply, vision=True, worker="another"), 409, "lease-lost")
    searched = ada.sent(ada.chat(), "Hi", mode="documents", worker="w")["reply"]["id"]
    problem(give(api, searched, vision=True), 409, "lease-lost")
    api.finish(reply, "A door.")
    problem(read_picture(api, reply, hers), 409, "lease-lost")
    problem(give(api, reply, vision=True), 409, "lease-lost")


def test_a_deleted_picture_leaves_its_place_and_nothing_else(
    api: Api, ada: Person, chat: str, photograph: Photograph
) -> None:
    picture = photograph(ada, chat)
    done = send(ada, chat, picture)["reply"]["id"]
    given(api, done)
    api.finish(done, "A door.")
    reply = send(ada, chat, picture)["reply"]["id"]
    assert ada.delete(f"/documents/{picture}").is_success
    gone = [{"document_id": None, "name": None}]
    assert [m["pictures"] for m in ada.messages(chat)] == [gone, [], gone, []]
    assert ada.reply(chat, done)["pictures"] == gone
    told = given(api, reply, vision=True)
    assert (told["saw"], lines(told["prompt"])[0]) == (None, ("user", "What is this?"))
