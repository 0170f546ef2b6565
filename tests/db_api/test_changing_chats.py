"""Title, pin, prompt and model settings are a person's to change; what is not named stays."""

from typing import Any

import pytest

from tests.db_api.api import Api, Person, body, problem

CHANGES: dict[str, list[Any]] = {
    "title": ["APIs, explained", "x" * 80],
    "pinned": [True, False],
    "system_prompt": ["Be brief.", ""],
    "temperature": [0, 2, 0.7, None],
    "reply_tokens": [1, 4096, None],
}


def test_a_new_chat_has_the_defaults(ada: Person) -> None:
    chat = body(ada.get(f"/chats/{ada.chat()}"))
    assert (chat["pinned"], chat["temperature"], chat["reply_tokens"]) == (False, None, None)


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, vs in CHANGES.items() for v in vs])
def test_one_field_is_changed_and_nothing_else(ada: Person, field: str, value: Any) -> None:
    path = f"/chats/{ada.chat(system='Be kind.')}"
    everything = {"title": "T", "pinned": True, "temperature": 1, "reply_tokens": 100}
    before = body(ada.patch(path, **everything))
    changed = body(ada.patch(path, **{field: value}))
    assert changed == before | {field: value}
    assert body(ada.get(path)) == changed


def test_with_nothing_named_nothing_is_changed(ada: Person) -> None:
    path = f"/chats/{ada.chat()}"
    before = body(ada.get(path))
    assert body(ada.patch(path)) == before


def test_a_change_is_no_writing(ada: Person) -> None:
    first, second = ada.chat(), ada.chat()
    ada.patch(f"/chats/{first}", title="Renamed")
    assert [chat["id"] for chat in body(ada.get("/chats"))["items"]] == [second, first]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", " \u3000\t"),
        ("title", None),
        ("title", "two\nlines"),
        ("title", "bell\x07"),
        ("title", "\x85"),
        ("title", "NUL\0"),
        ("pinned", None),
        ("pinned", "perhaps"),
        ("system_prompt", None),
        ("system_prompt", "x" * 8001),
        ("system_prompt", "NUL\0"),
        ("temperature", -0.01),
        ("temperature", 2.01),
        ("temperature", "warm"),
        ("reply_tokens", 0),
        ("reply_tokens", 4097),
        ("reply_tokens", 1.5),
    ],
)
def test_a_bad_change_is_refused_by_name_and_changes_nothing(
    ada: Person, field: str, value: Any
) -> None:
    path = f"/chats/{ada.chat()}"
    before = body(ada.get(path))
    good = {"title": "Good", "pinned": True}
    found = problem(ada.patch(path, **(good | {field: value})), 422, "invalid-input")
    assert [error["field"] for error in found["errors"]] == [field]
    assert body(ada.get(path)) == before


@pytest.mark.parametrize("raw", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_what_is_no_number_is_no_temperature(ada: Person, raw: str) -> None:
    headers = ada.headers | {"Content-Type": "application/json"}
    content = f'{{"temperature": {raw}}}'
    answer = ada.http.patch(f"/chats/{ada.chat()}", headers=headers, content=content)
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == "temperature"


@pytest.mark.parametrize("tiny", [1e-50, 1e-320, 5e-324])
def test_a_temperature_too_small_to_store_is_none_at_all(ada: Person, tiny: float) -> None:
    assert body(ada.patch(f"/chats/{ada.chat()}", temperature=tiny))["temperature"] == 0


@pytest.mark.parametrize(
    ("field", "length", "limit"), [("title", 10_000, 80), ("system_prompt", 9_000, 8_000)]
)
def test_a_text_too_long_is_told_its_size_and_the_limit(
    ada: Person, field: str, length: int, limit: int
) -> None:
    answer = ada.patch(f"/chats/{ada.chat()}", **{field: f" {'é' * (length - 2)} "})
    found = problem(answer, 422, "invalid-input")
    sent = length - 2 if field == "title" else length
    assert (found["size"], found["limit"]) == (sent, limit)
    assert str(limit) in found["errors"][0]["message"]
    assert "é" not in answer.text


def test_a_title_is_trimmed_and_may_hold_any_character_that_shows(ada: Person) -> None:
    path = f"/chats/{ada.chat()}"
    assert body(ada.patch(path, title="  Grüße 世界 😀 \n"))["title"] == "Grüße 世界 😀"


def test_a_title_of_one_s_own_stays(ada: Person) -> None:
    chat = ada.chat()
    ada.patch(f"/chats/{chat}", title="Mine")
    ada.send(chat, "What is an API?")
    assert body(ada.get(f"/chats/{chat}"))["title"] == "Mine"


def test_a_claim_brings_the_chat_s_settings_however_it_is_made(api: Api, ada: Person) -> None:
    chat = ada.chat()
    ada.patch(f"/chats/{chat}", temperature=0.3, reply_tokens=200)
    sent = body(ada.post_message(chat, "one", key="k", worker="w"), 201)
    repeated = body(ada.post_message(chat, "one", key="k", worker="w"))
    ada.send(chat, "two")
    upcoming = api.finish(sent["reply"]["id"], "1", claim_next=True)["next"]
    other = ada.chat()
    ada.send(other)
    claims = [sent["claim"], repeated["claim"], upcoming]
    assert [(c["temperature"], c["reply_tokens"]) for c in claims] == [(0.3, 200)] * 3
    plain = api.claim()
    assert (plain["temperature"], plain["reply_tokens"]) == (None, None)


def test_a_changed_system_prompt_counts_from_the_next_message(api: Api, ada: Person) -> None:
    chat = ada.chat(system="Be kind.")
    api.answer(ada, chat, "one", "1")
    ada.patch(f"/chats/{chat}", system_prompt="Be brief.")
    sent = body(ada.post_message(chat, "two", worker="w"), 201)
    assert sent["claim"]["prompt"][0] == {"role": "system", "content": "Be brief."}


def test_a_stranger_changes_nothing(ada: Person, bob: Person) -> None:
    path = f"/chats/{ada.chat()}"
    problem(bob.patch(path, title="mine now"), 404, "chat-not-found")
    problem(bob.patch(path), 404, "chat-not-found")
    assert body(ada.get(path))["title"] is None
