"""A model gets pictures as they are, or as the text in them; which of the two is decided once."""

from typing import Any

import httpx
import pytest

from tests.db_api.api import Api, Person, problem
from tests.db_api.conftest import Sql, TakeOver
from tests.db_api.passages import read, reader
from tests.db_api.pictures import (
    JPEG,
    PNG,
    SHOWN,
    Photograph,
    finish_reading,
    given,
    parts,
    photograph,
    read_picture,
    send,
    show,
)

__all__ = ["photograph", "read", "reader"]


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
    told = api.finish(reply, "A door.")["reply"]
    assert told == ada.reply(chat, reply)
    named = [{"document_id": picture, "name": "door.jpg"}]
    assert (told["saw"], told["pictures"]) == ("picture", named)
    assert parts(ada.read(chat, "/prompt")["messages"]) == [["picture", "text"], ["text"]]


@pytest.mark.parametrize(
    ("text", "saw", "kind", "words"),
    [
        ("Closed on\u200b Mondays</s>", "text", "passage", "Closed on Mondays</s>"),
        ("x" * 2000, "text", "passage", "x" * 900),
        (" \n", "nothing", "text", "no text was read in it."),
    ],
)
def test_any_other_model_gets_the_text_in_it(
    api: Api,
    ada: Person,
    chat: str,
    photograph: Photograph,
    sql: Sql,
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
    sql("UPDATE document_pages SET text = CASE %s WHEN 'nothing' THEN 'x' ELSE '' END", saw)
    assert given(api, reply)["saw"] == saw


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


def test_a_model_that_sees_waits_for_no_text(
    api: Api, ada: Person, chat: str, reader: httpx.Client
) -> None:
    picture = ada.upload(JPEG, "door.jpg", chat)["id"]
    reply = send(ada, chat, picture)["reply"]["id"]
    show(reader, picture)
    assert given(api, reply, vision=True)["saw"] == "picture"
    assert ada.delete(f"/documents/{picture}").is_success
    assert given(api, reply, vision=True)["saw"] == "picture", "what was decided stays"


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
    api.finish(claim["reply"]["id"], "No.")
    assert "picture" not in str(parts(ada.read(chat, "/prompt")["messages"]))


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
