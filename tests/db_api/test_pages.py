"""A page in one call says the same as its parts in three."""

from uuid import uuid4

import pytest

from tests.db_api.api import Api, Person, body, problem


@pytest.mark.parametrize("part", ["newest", "before", "at"])
def test_a_page_is_its_chat_its_messages_and_the_list(api: Api, ada: Person, part: str) -> None:
    other, chat = ada.chat(), ada.chat(opening="Hello")
    for number in range(4):
        api.answer(ada, chat, f"question {number}", f"answer {number}")
    third = ada.messages(chat)[3]["id"]
    where = {} if part == "newest" else {part: third}
    page = body(ada.get(f"/chats/{chat}/page", limit=3, beside=1, **where))
    assert page["chat"] == body(ada.get(f"/chats/{chat}"))
    assert page["messages"] == body(ada.get(f"/chats/{chat}/messages", limit=3, **where))
    assert page["chats"] == body(ada.get("/chats", limit=1))
    assert [c["id"] for c in page["chats"]["items"]] == [chat]
    rest = body(ada.get("/chats", before=page["chats"]["next"]))
    assert [c["id"] for c in rest["items"]] == [other]


def test_somebody_else_s_page_and_none_look_the_same(ada: Person, bob: Person) -> None:
    hers = ada.chat(opening="Hello")
    message = ada.messages(hers)[0]["id"]
    own = bob.chat()
    for path in ("/chats/{}/page", "/chats/{}/page?limit=1"):
        refused, unknown = (bob.get(path.format(chat)) for chat in (hers, uuid4()))
        assert problem(refused, 404, "chat-not-found") == unknown.json()
    for where in ("before", "at"):
        refused = bob.get(f"/chats/{own}/page", **{where: message})
        problem(refused, 404, "message-not-found")


def test_before_and_at_do_not_go_together(ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    both = {"before": str(uuid4()), "at": str(uuid4())}
    problem(ada.get(f"/chats/{chat}/page", **both), 422, "invalid-input")
