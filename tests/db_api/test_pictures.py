"""Pictures are sent with a message. Its reply's model gets them as they are, or as the text in
them; which of the two is decided once, and they are nobody else's."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from app.settings import Settings

from tests.db_api.api import NOWHERE, Api, Person, body, lines, problem, reasons
from tests.db_api.conftest import Sql, TakeOver
from tests.db_api.test_passages import Read, connect_reader, read

__all__ = ["read"]

JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n a picture"
SHOWN = b"what may be shown"

# (person, chat, text in it, name, content): a picture of the chat that has been read; its id.
Photograph = Callable[..., str]


@pytest.fixture
def reader(api: Api, settings: Settings) -> Iterator[httpx.Client]:
    with connect_reader(api, settings) as client:
        yield client


@pytest.fixture
def photograph(reader: httpx.Client) -> Photograph:
    def take(
        person: Person,
        chat: str,
        text: str = "Closed on Mondays",
        name: str = "door.jpg",
        content: bytes = JPEG,
    ) -> str:
        document: str = person.upload(content + name.encode(), name, chat)["id"]
        show(reader, document)
        finish_reading(reader, document, text)
        return document

    return take


def show(reader: httpx.Client, document: str) -> None:
    """The worker has made the picture that may be shown, and still reads the text in it."""
    assert body(reader.post("/claim", json={"ocr": True}))["id"] == document
    assert reader.put(f"/{document}/picture", content=SHOWN).is_success


def finish_reading(reader: httpx.Client, document: str, text: str) -> None:
    page = {"number": 1, "text": text, "source": "ocr", "passages": []}
    assert reader.put(f"/{document}/pages", json={"pages": [page]}).is_success
    ending = {"read_with": "eyes", "error": None}
    assert reader.post(f"/{document}/finish", json=ending).is_success


def send(person: Person, chat: str, *pictures: str, content: str = "What is this?") -> Any:
    """Sends them with a message; the claim on its reply."""
    return person.sent(chat, content, pictures=pictures or None, worker="w")["claim"]


def give(api: Api, reply: str, *, vision: bool, worker: str = "w") -> httpx.Response:
    asked = {"worker": worker, "vision": vision}
    return api.http.post(f"/replies/{reply}/pictures", json=asked)


def given(api: Api, reply: str, *, vision: bool = False) -> Any:
    return body(give(api, reply, vision=vision))


def read_picture(api: Api, reply: str, document: str, worker: str = "w") -> httpx.Response:
    return api.http.get(f"/replies/{reply}/pictures/{document}", params={"worker": worker})


def parts(prompt: Any) -> list[list[str]]:
    """Of each message: the kinds of its parts."""
    return [[part["type"] for part in message["parts"]] for message in prompt]


def test_a_message_is_sent_with_pictures_of_its_chat(
    api: Api, ada: Person, bob: Person, chat: str, photograph: Photograph, read: Read
) -> None:
    jpeg, png = photograph(ada, chat), photograph(ada, chat, name="b.png", content=PNG)
    sent = ada.sent(chat, "Hi", pictures=[png, jpeg, png])
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


def test_a_model_that_sees_gets_the_picture_and_its_successor_the_same(
    api: Api, ada: Person, chat: str, photograph: Photograph, take_over: TakeOver
) -> None:
    picture = photograph(ada, chat)
    claim = send(ada, chat, picture)
    reply = claim["reply"]["id"]
    assert (claim["reply"]["saw"], parts(claim["prompt"])) == (None, [["picture", "text"]])
    seen = given(api, reply, vision=True)
    assert (seen["saw"], seen["prompt"]) == ("picture", claim["prompt"])
    assert given(api, reply, vision=True) == seen, "the answer got lost"
    assert read_picture(api, reply, picture).content == SHOWN
    claim = take_over(reply)
    assert (claim["reply"]["saw"], claim["prompt"]) == ("picture", seen["prompt"])
    api.finish(reply, "A door.")
    told = ada.reply(chat, reply)
    named = [{"document_id": picture, "name": "door.jpg"}]
    assert (told["saw"], told["pictures"]) == ("picture", named)
    assert parts(ada.read(chat, "/prompt")["messages"]) == [["picture", "text"], ["text"]]


@pytest.mark.parametrize(
    ("text", "saw", "kind", "words"),
    [
        ("Closed on\u200b Mondays</s>", "text", "passage", "Closed on Mondays< /s>"),
        ("x" * 2000, "text", "passage", "x" * 900),
        (" \n", "nothing", "text", "no text was read in it."),
    ],
)
def test_any_other_model_gets_the_text_in_it(
    api: Api,
    ada: Person,
    chat: str,
    photograph: Photograph,
    text: str,
    saw: str,
    kind: str,
    words: str,
) -> None:
    picture = photograph(ada, chat, text)
    reply = send(ada, chat, picture)["reply"]["id"]
    told = given(api, reply)
    assert (told["saw"], parts(told["prompt"])) == (saw, [[kind, "text"]])
    instead, question = told["prompt"][0]["parts"]
    assert instead["text"].endswith(words)
    assert question["text"] == "What is this?"
    assert given(api, reply, vision=True) == told, "what was decided stays"
    problem(read_picture(api, reply, picture), 404, "document-not-found")


def test_a_model_without_room_for_pictures_gets_their_text(
    api: Api, ada: Person, chat: str, photograph: Photograph
) -> None:
    reply = send(ada, chat, photograph(ada, chat))["reply"]["id"]
    assert given(api, reply, vision=True)["saw"] == "picture"
    assert given(api, reply, vision=False)["saw"] == "text"
    assert given(api, reply, vision=True)["saw"] == "text"


def test_it_is_decided_when_the_picture_has_been_read_or_after_half_a_minute(
    api: Api, ada: Person, chat: str, reader: httpx.Client, sql: Sql
) -> None:
    picture = ada.upload(JPEG, "door.jpg", chat)["id"]
    reply = send(ada, chat, picture)["reply"]["id"]
    assert given(api, reply, vision=True)["saw"] is None
    show(reader, picture)
    assert given(api, reply)["saw"] is None, "the text in it may still come"
    finish_reading(reader, picture, "Closed")
    assert given(api, reply)["saw"] == "text"
    api.finish(reply, "A door.")

    late = ada.upload(PNG, "late.png", chat)["id"]
    reply = send(ada, chat, late)["reply"]["id"]
    assert given(api, reply)["saw"] is None
    sql("UPDATE messages SET created_at = created_at - interval '31 s'")
    assert given(api, reply, vision=True)["saw"] == "nothing"


def test_a_picture_that_gets_vectors_has_been_read(
    api: Api, ada: Person, chat: str, photograph: Photograph, sql: Sql
) -> None:
    reply = send(ada, chat, photograph(ada, chat))["reply"]["id"]
    sql(
        "UPDATE documents SET state = 'running', embedding = true, worker = 'w',"
        " lease_until = now() + interval '1 min', finished_at = NULL"
    )
    assert given(api, reply)["saw"] == "text"


def test_only_the_newest_pictures_are_given_as_they_are(
    api: Api, ada: Person, chat: str, photograph: Photograph
) -> None:
    for name in ("a.jpg", "b.jpg"):
        reply = send(ada, chat, photograph(ada, chat, name=name))["reply"]["id"]
        seen = given(api, reply, vision=True)
        api.finish(reply, "A door.")
    assert parts(seen["prompt"]) == [["passage", "text"], ["text"], ["picture", "text"]]
    claim = ada.sent(chat, "And its colour?", mode="free", worker="w")["claim"]
    assert claim["reply"]["saw"] is None, "a question about the picture above"
    seen = given(api, claim["reply"]["id"], vision=True)
    assert parts(seen["prompt"])[2] == ["picture", "text"]
    api.finish(claim["reply"]["id"], "Red.")
    assert ada.reply(chat, claim["reply"]["id"])["pictures"] == []
    claim = ada.sent(chat, "And the lease?", mode="exact", worker="w")["claim"]
    assert "picture" not in str(parts(claim["prompt"])), "it asks no model that sees"


def test_prompts_without_pictures_begin_with_one_another(
    api: Api, ada: Person, chat: str, photograph: Photograph
) -> None:
    before: list[Any] = []
    for pictures in ([photograph(ada, chat)], [], [photograph(ada, chat, name="b.jpg")], []):
        claim = ada.sent(chat, "Hi", mode="free", pictures=pictures, worker="w")["claim"]
        prompt = given(api, claim["reply"]["id"])["prompt"]
        assert prompt[: len(before)] == before
        before = prompt
        api.finish(claim["reply"]["id"], "Yes.")


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
