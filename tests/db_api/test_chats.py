"""Chats are created, listed and found, each by its owner only."""

from typing import Any
from uuid import uuid4

import pytest

from tests.db_api.api import Person, body, problem


def test_a_chat_begins_with_its_opening_message(ada: Person) -> None:
    new = {"username": " Ada ", "system_prompt": "Be kind.", "opening_message": "Hello\r\nyou"}
    chat = body(ada.post("/chats", new), 201)
    (opening,) = ada.messages(chat["id"])
    assert (chat["username"], chat["title"], chat["head"]) == ("Ada", None, opening["id"])
    assert (opening["role"], opening["content"]) == ("assistant", "Hello\nyou")
    assert (opening["seq"], opening["parent_id"], opening["reply"]) == (1, None, None)
    assert body(ada.get(f"/chats/{chat['id']}")) == chat


@pytest.mark.parametrize("opening", [None, "", "  \n"])
def test_a_chat_can_begin_empty(ada: Person, opening: str | None) -> None:
    chat = ada.chat(opening=opening)
    assert ada.messages(chat) == []
    assert body(ada.get(f"/chats/{chat}"))["head"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""),
        ("username", " \t\n"),
        ("username", "x" * 81),
        ("username", "x" * 10_000),
        ("username", "A\0da"),
        ("username", None),
        ("system_prompt", "x" * 8001),
        ("system_prompt", None),
        ("opening_message", "A\0"),
    ],
)
def test_a_bad_field_is_named(ada: Person, field: str, value: Any) -> None:
    new = {"username": "Ada", "system_prompt": "", "opening_message": None} | {field: value}
    found = problem(ada.post("/chats", new), 422, "invalid-input")
    assert [error["field"] for error in found["errors"]] == [field]
    assert body(ada.get("/chats"))["items"] == []


def test_a_name_of_80_characters_is_kept_whatever_they_are(ada: Person) -> None:
    name = "é\u200d😀\x1b" * 20
    assert body(ada.get(f"/chats/{ada.chat(name)}"))["username"] == name


def test_the_chat_written_to_last_is_listed_first(ada: Person) -> None:
    first, second, third = ada.chat(), ada.chat(), ada.chat()
    ada.send(first)
    listed = [chat["id"] for chat in body(ada.get("/chats"))["items"]]
    assert listed == [first, third, second]


def test_the_list_is_paged_without_gaps(ada: Person) -> None:
    chats = [ada.chat() for _ in range(7)]
    seen, before, pages = [], None, 0
    while before or not pages:
        page = body(ada.get("/chats", limit=3, **({"before": before} if before else {})))
        seen += [chat["id"] for chat in page["items"]]
        before, pages = page["next"], pages + 1
    assert seen == chats[::-1]
    assert pages == 3


def test_pinned_chats_come_first_on_every_page(ada: Person) -> None:
    chats = [ada.chat() for _ in range(6)]
    for pinned in (chats[0], chats[3]):
        ada.patch(f"/chats/{pinned}", pinned=True)
    expected = [chats[n] for n in (3, 0, 5, 4, 2, 1)]
    for limit in (1, 2, 4, 6):
        seen, before = list[str](), None
        while before or not seen:
            page = body(ada.get("/chats", limit=limit, **({"before": before} if before else {})))
            seen += [chat["id"] for chat in page["items"]]
            before = page["next"]
        assert seen == expected


@pytest.mark.parametrize("changes", ["moves", "goes"])
def test_the_list_goes_on_though_the_chat_where_a_page_ended_does_not_stay(
    ada: Person, changes: str
) -> None:
    third, second, first = (ada.chat() for _ in range(3))
    page = body(ada.get("/chats", limit=2))
    assert [chat["id"] for chat in page["items"]] == [first, second]
    if changes == "moves":
        ada.send(second)
    else:
        ada.delete(f"/chats/{second}")
    rest = body(ada.get("/chats", before=page["next"]))
    assert [chat["id"] for chat in rest["items"]] == [third]


@pytest.mark.parametrize(
    "before", ["", "x", "~~", "1~2026-11-20", "1~soon~01a1f8df-d4dc-7b93-a58f-a8c598fc8a20", "\0"]
)
def test_a_place_that_no_page_named_is_refused(ada: Person, before: str) -> None:
    found = problem(ada.get("/chats", before=before), 422, "invalid-input")
    assert found["errors"][0]["field"] == "before"


def test_somebody_else_s_place_shows_only_one_s_own(ada: Person, bob: Person) -> None:
    own = bob.chat()
    for _ in range(2):
        ada.chat()
    hers = body(ada.get("/chats", limit=1))["next"]
    assert [chat["id"] for chat in body(bob.get("/chats", before=hers))["items"]] == [own]


def test_a_chat_is_found_by_exactly_its_name(ada: Person) -> None:
    chat = ada.chat("Ada")
    ada.chat("Ada L.")
    assert [c["id"] for c in body(ada.get("/chats", username="Ada"))["items"]] == [chat]
    assert body(ada.get("/chats", username="ada"))["items"] == []


def test_a_stranger_s_chat_and_none_look_the_same(ada: Person, bob: Person) -> None:
    hers, nobody_s = ada.chat(), str(uuid4())
    for path in ("/chats/{}", "/chats/{}/messages", "/chats/{}/follow"):
        answers = [bob.get(path.format(chat)) for chat in (hers, nobody_s)]
        assert [problem(a, 404, "chat-not-found") for a in answers[:1]] == [answers[1].json()]
    for refuse in (bob.delete(f"/chats/{hers}"), bob.delete(f"/chats/{nobody_s}")):
        problem(refuse, 404, "chat-not-found")
    for chat in (hers, nobody_s):
        problem(bob.post_message(chat, "Hi"), 404, "chat-not-found")
    assert body(bob.get("/chats"))["items"] == []
    assert ada.messages(hers) == []


@pytest.mark.parametrize("chat", ["x", "1", "%00", "00000000-0000-0000-0000-00000000000g"])
def test_a_malformed_chat_id_is_refused_by_name(ada: Person, chat: str) -> None:
    for path in (f"/chats/{chat}", f"/chats/{chat}/messages", f"/chats/{chat}/follow"):
        found = problem(ada.get(path), 422, "invalid-input")
        assert found["errors"][0]["field"] == "chat_id"
