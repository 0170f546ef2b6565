"""Chats are created, listed, found and changed, each by its owner only."""

from typing import Any

import pytest

from tests.db_api.api import NOWHERE, Api, Person, body, ids, lines, reasons

CHANGES: dict[str, list[Any]] = {
    "title": ["APIs, explained", "x" * 80],
    "pinned": [True, False],
    "system_prompt": ["Be brief.\n\nAnd kind.", ""],
    "temperature": [0, 2, 0.7, None],
    "reply_tokens": [1, 2048, None],
    "turns": [1, 1000, None],
}


def read_pages(person: Person, limit: int) -> list[list[str]]:
    """The list, page by page."""
    return [ids(page["items"]) for page in person.pages("/chats", empty=True, limit=limit)]


def test_a_chat_begins_with_its_opening_message(ada: Person) -> None:
    new = {"username": " Ada ", "system_prompt": "Be kind.", "opening_message": "Hello\r\nyou"}
    chat = body(ada.post("/chats", new), 201)
    (opening,) = ada.messages(chat["id"])
    assert (chat["username"], chat["title"], chat["head"]) == ("Ada", None, opening["id"])
    assert (chat["pinned"], chat["temperature"], chat["reply_tokens"]) == (False, None, None)
    assert (opening["role"], opening["content"]) == ("assistant", "Hello\nyou")
    assert (opening["seq"], opening["parent_id"], opening["reply"]) == (1, None, None)
    assert ada.read(chat["id"]) == chat


def test_a_session_without_a_name_begins_a_chat_under_the_one_that_is_given(api: Api) -> None:
    new = {"username": "Ann", "system_prompt": ""}
    assert body(api.person().post("/chats", new), 201)["username"] == "Ann"


def test_a_new_chat_takes_over_the_session_s_settings(ada: Person) -> None:
    earlier, settings = ada.chat(), {"temperature": 0.3, "reply_tokens": 200, "turns": 5}
    own = {"system_prompt": "Be brief."} | settings
    assert body(ada.patch("/sessions/current", **own)).items() >= own.items()
    assert ada.read(ada.chat(system="Be kind.")).items() >= own.items()
    ada.patch("/sessions/current", system_prompt=None, turns=None)
    later = ada.read(ada.chat(system="Be kind."))
    assert (later["system_prompt"], later["turns"], later["reply_tokens"]) == (
        "Be kind.",
        None,
        200,
    )
    assert ada.read(earlier)["turns"] is None, "a chat keeps its own"


def test_a_chat_can_begin_empty(ada: Person) -> None:
    for chat in [ada.chat(opening=opening) for opening in (None, "", "  \n")]:
        assert (ada.messages(chat), ada.read(chat)["head"]) == ([], None)


def test_one_field_is_changed_and_nothing_else(ada: Person) -> None:
    chat = ada.chat(system="Be kind.")
    everything = {"title": "T", "pinned": True, "temperature": 1, "reply_tokens": 100, "turns": 2}
    for field, value in ((field, value) for field, values in CHANGES.items() for value in values):
        before = ada.change(chat, **everything)
        changed = ada.change(chat, **{field: value})
        assert changed == before | {field: value}
        assert ada.read(chat) == changed == ada.change(chat), "nothing named, nothing changed"


def test_a_claim_brings_the_chat_s_settings_however_it_is_made(
    api: Api, ada: Person, chat: str
) -> None:
    ada.change(chat, temperature=0.3, reply_tokens=200)
    sent, repeated = (ada.sent(chat, "one", key="k", worker="w") for _ in range(2))
    ada.send(chat, "two")
    upcoming = api.finish(sent["reply"]["id"], "1", claim_next=True)["next"]
    ada.send(ada.chat())
    claims = [sent["claim"], repeated["claim"], upcoming, api.claim()]
    settings = [(claim["temperature"], claim["reply_tokens"]) for claim in claims]
    assert settings == [(0.3, 200)] * 3 + [(None, None)]


def test_a_changed_system_prompt_counts_from_the_next_message(api: Api, ada: Person) -> None:
    chat = ada.chat(system="Be kind.")
    api.answer(ada, chat, "one", "1")
    ada.change(chat, system_prompt="Be brief.")
    assert lines(ada.sent(chat, "two", worker="w")["claim"]["prompt"])[0] == ("system", "Be brief.")


def test_a_chat_with_documents_is_listed_by_the_first_one_until_a_message_names_it(
    ada: Person,
) -> None:
    empty, chat = ada.chat(opening="Hello"), ada.chat(opening="Hello")
    for name in ("one.txt", "two.txt"):
        ada.upload(name.encode(), name, chat)
    (listed,) = body(ada.get("/chats"))["items"]
    assert (listed["id"], listed["title"]) == (chat, "one.txt")
    assert ada.read(chat)["title"] == ada.read(chat, "/page")["chat"]["title"] == "one.txt"
    (its,) = ada.documents()[0]["chats"]
    assert (its["id"], its["title"]) == (chat, "one.txt")
    assert ada.read(empty)["title"] is None
    assert ada.sent(chat, "What is it?")["title"] == "What is it?"
    assert ada.read(chat)["title"] == "What is it?"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("x" * 78 + " and more", "x" * 78 + "…"),
    ],
)
def test_a_chat_listed_by_a_document_has_a_title_of_at_most_eighty_characters(
    ada: Person, chat: str, name: str, title: str
) -> None:
    ada.upload(b"one", name, chat)
    assert ada.read(chat)["title"] == title


def test_the_chat_written_to_last_is_listed_first(ada: Person) -> None:
    first, second, third = (ada.chat() for _ in range(3))
    ada.send(first)
    ada.change(second, title="A change is no writing")
    assert ada.chats() == [first, third, second]
    title = ada.sent(second, "What is an API?")["title"]
    assert (ada.chats()[0], title) == (second, "A change is no writing")


def test_the_list_tells_where_a_reply_is_to_come(api: Api, ada: Person, bob: Person) -> None:
    bob.send(bob.chat())
    done, running, queued = (ada.chat() for _ in range(3))
    api.answer(ada, done, "one", "1")
    for chat, worker in ((running, "w"), (queued, None)):
        ada.send(chat, worker=worker)
    for listed in (body(ada.get("/chats")), ada.read(done, "/page")["chats"]):
        told = {chat["id"]: chat["writing"] for chat in listed["items"]}
        assert told == {done: False, running: True, queued: True}


def test_the_list_is_paged_without_gaps_the_pinned_ones_first(ada: Person) -> None:
    chats = [ada.chat() for _ in range(7)]
    assert read_pages(ada, 3) == [chats[:3:-1], chats[3:0:-1], chats[:1]]
    for pinned in (chats[0], chats[3]):
        ada.change(pinned, pinned=True)
    expected = [chats[n] for n in (3, 0, 6, 5, 4, 2, 1)]
    for limit in (1, 2, 4, 7):
        assert [c for page in read_pages(ada, limit) for c in page] == expected


@pytest.mark.parametrize("changes", ["moves", "goes"])
def test_the_list_goes_on_though_the_chat_where_a_page_ended_does_not_stay(
    ada: Person, changes: str
) -> None:
    third, second, first = (ada.chat() for _ in range(3))
    page = body(ada.get("/chats", empty=True, limit=2))
    assert ids(page["items"]) == [first, second]
    if changes == "moves":
        ada.send(second)
    else:
        ada.delete(f"/chats/{second}")
    assert ada.chats(before=page["next"]) == [third]


def test_a_made_up_cursor_is_refused_and_another_s_shows_one_s_own(
    ada: Person, bob: Person
) -> None:
    for before in ("", "x", "~~", "1~2026-11-20", f"1~soon~{NOWHERE}", "\0"):
        assert reasons(ada.get("/chats", before=before)) == [("before", "invalid")]
    own, _, _ = bob.chat(), ada.chat(), ada.chat()
    hers = body(ada.get("/chats", empty=True, limit=1))["next"]
    assert bob.chats(before=hers) == [own]


def test_a_chat_is_found_by_exactly_its_name(ada: Person) -> None:
    chat, _ = ada.chat("Ada"), ada.chat("Ada L.")
    found = {name: ada.chats(username=name) for name in ("Ada", "ada", "A\tda", "")}
    assert found == {"Ada": [chat], "ada": [], "A\tda": [], "": []}
    assert reasons(ada.get("/chats", username="\0")) == [("username", "invalid")]


@pytest.mark.parametrize("chat", ["x", "1", "%00", "00000000-0000-0000-0000-00000000000g"])
def test_a_malformed_chat_id_is_refused_by_name(ada: Person, chat: str) -> None:
    for path in (f"/chats/{chat}", f"/chats/{chat}/messages", f"/chats/{chat}/follow"):
        assert ("chat_id", "invalid") in reasons(ada.get(path))
