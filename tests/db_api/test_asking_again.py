"""A question is asked once more: a new version of its reply, or the same reply going on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import ServeCopy, Sql


@pytest.fixture
def asked(api: Api, ada: Person) -> dict[str, str]:
    """A question with its finished reply."""
    chat = ada.chat(system="Be kind.")
    reply = api.answer(ada, chat, "one", "1")
    return {"chat": chat, "question": ada.messages(chat)[0]["id"], "reply": reply}


def test_the_new_reply_stands_beside_the_old_one_and_is_shown(
    ada: Person, asked: dict[str, str]
) -> None:
    sent = body(ada.ask_again(asked["chat"], asked["reply"]), 201)
    assert sent["message"]["id"] == asked["question"]
    reply = sent["reply"]
    assert (reply["parent_id"], reply["role"], reply["seq"]) == (asked["question"], "assistant", 3)
    assert (reply["content"], reply["reply"]["state"], reply["reply"]["place"]) == ("", "queued", 1)
    assert reply["version"] == {
        "number": 2,
        "count": 2,
        "previous": asked["reply"],
        "next": None,
    }
    assert (sent["claim"], sent["title"], sent["repeated"]) == (None, "one", False)
    assert [m["id"] for m in ada.messages(asked["chat"])] == [asked["question"], reply["id"]]


def test_what_came_below_stays_within_reach(api: Api, ada: Person, asked: dict[str, str]) -> None:
    chat = asked["chat"]
    api.answer(ada, chat, "two", "2")
    ada.ask_again(chat, asked["reply"])
    assert ada.contents(chat) == ["one", ""]
    ada.put(f"/chats/{chat}/head", {"message_id": asked["reply"]})
    assert ada.contents(chat) == ["one", "1", "two", "2"]


def test_the_model_is_asked_the_same(api: Api, ada: Person, asked: dict[str, str]) -> None:
    api.answer(ada, asked["chat"], "two", "2")
    claim = body(ada.ask_again(asked["chat"], asked["reply"], worker="w"), 201)["claim"]
    assert (claim["text"], claim["prefilled"], claim["attempts"]) == ("", 0, 0)
    assert claim["prompt"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "one"},
    ]


def test_asking_again_with_the_same_key_adds_nothing(ada: Person, asked: dict[str, str]) -> None:
    first = body(ada.ask_again(asked["chat"], asked["reply"], key="k", worker="w"), 201)
    again = body(ada.ask_again(asked["chat"], asked["reply"], key="k", worker="w"), 200)
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["claim"] == first["claim"] is not None
    assert again["message"] == first["message"]
    assert again["reply"]["id"] == first["reply"]["id"]
    assert len(body(ada.get(f"/chats/{asked['chat']}/messages/all"))["items"]) == 3


def test_twenty_times_at_once_with_one_key_store_one(
    ada: Person, asked: dict[str, str], sql: Sql
) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(
                lambda n: ada.ask_again(asked["chat"], asked["reply"], key="k", worker=f"w{n}"),
                range(20),
            )
        )
    assert sorted(a.status_code for a in answers) == [200] * 19 + [201]
    assert sum(a.json()["claim"] is not None for a in answers) == 1
    assert sql("SELECT count(*) FROM replies") == [(2,)]


def test_a_key_means_one_thing(api: Api, ada: Person, asked: dict[str, str]) -> None:
    chat = asked["chat"]
    stopped = api.answer(ada, chat, "two", "half", state="stopped")
    ada.post_message(chat, "three", key="message")
    problem(ada.ask_again(chat, asked["reply"], key="message"), 409, "key-reused")
    body(ada.ask_again(chat, stopped, key="again"), 201)
    problem(ada.ask_again(chat, asked["reply"], key="again"), 409, "key-reused")
    problem(ada.ask_again(chat, stopped, key="again", go_on=True), 409, "key-reused")
    problem(ada.post_message(chat, "", key="again"), 422, "invalid-input")
    problem(ada.post_message(chat, "two", key="again"), 409, "key-reused")
    body(ada.ask_again(chat, stopped, key="on", go_on=True), 201)
    assert body(ada.ask_again(chat, stopped, key="on", go_on=True))["repeated"] is True
    problem(ada.ask_again(chat, stopped, key="on"), 409, "key-reused")


def test_a_message_is_no_repetition_of_a_reply_that_says_the_same(
    api: Api, ada: Person, asked: dict[str, str]
) -> None:
    chat = asked["chat"]
    sent = body(ada.ask_again(chat, asked["reply"], key="k", worker="w"), 201)
    api.finish(sent["reply"]["id"], "Yes")
    ada.send(chat, "below")
    problem(ada.post_message(chat, "Yes", key="k"), 409, "key-reused")


def test_going_on_with_no_word_yet_can_be_repeated_too(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = api.answer(ada, chat, "one", "", state="failed", error="model-broke")
    body(ada.ask_again(chat, reply, key="k", go_on=True), 201)
    assert body(ada.ask_again(chat, reply, key="k", go_on=True))["repeated"] is True


@pytest.mark.parametrize(
    "end",
    [
        {"state": "stopped"},
        {"state": "failed", "error": "model-broke"},
        {"state": "complete", "error": "reply-limit"},
    ],
)
def test_a_reply_that_was_cut_off_goes_on_from_its_text(
    api: Api, ada: Person, end: dict[str, Any], sql: Sql
) -> None:
    chat = ada.chat()
    reply = api.answer(ada, chat, "Tell me", "Grüße 😀", **end)
    claim = body(ada.ask_again(chat, reply, worker="w", go_on=True), 201)["claim"]
    assert (claim["text"], claim["prefilled"]) == ("Grüße 😀", 7)
    assert claim["prompt"] == [{"role": "user", "content": "Tell me"}]
    assert ada.contents(chat) == ["Tell me", "Grüße 😀"]
    new = claim["reply"]["id"]
    assert api.store(new, " an alle", 7)["length"] == 15
    api.finish(new, "!", offset=15)
    assert ada.contents(chat) == ["Tell me", "Grüße 😀 an alle!"]
    assert sql("SELECT content FROM messages WHERE id = %s", reply) == [("Grüße 😀",)]


def test_what_it_was_given_does_not_count_as_an_attempt_s_success(
    api: Api, ada: Person, lease_runs_out: Callable[[str], None]
) -> None:
    chat = ada.chat()
    old = api.answer(ada, chat, "Tell me", "Once", state="stopped")
    new = body(ada.ask_again(chat, old, worker="w", go_on=True), 201)["reply"]["id"]
    for attempts in (1, 2):
        lease_runs_out(new)
        assert api.claim()["attempts"] == attempts
    lease_runs_out(new)
    assert api.claim() is None
    assert ada.reply(chat, new)["error"] == "model-broke"
    assert ada.contents(chat)[-1] == "Once"


def test_stopped_before_it_began_it_keeps_what_it_was_given(api: Api, ada: Person) -> None:
    chat = ada.chat()
    old = api.answer(ada, chat, "Tell me", "Once", state="stopped")
    new = body(ada.ask_again(chat, old, go_on=True), 201)["reply"]["id"]
    assert ada.stop(chat, new)["state"] == "stopped"
    assert ada.contents(chat)[-1] == "Once"


def test_a_whole_reply_does_not_go_on(ada: Person, asked: dict[str, str]) -> None:
    answer = ada.ask_again(asked["chat"], asked["reply"], go_on=True)
    problem(answer, 409, "nothing-to-go-on")
    assert ada.contents(asked["chat"]) == ["one", "1"]


@pytest.mark.parametrize("go_on", [True, False])
@pytest.mark.parametrize("worker", [None, "w"])
def test_an_unfinished_reply_is_not_asked_for_again(
    ada: Person, worker: str | None, go_on: bool
) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker=worker)
    problem(ada.ask_again(chat, reply, go_on=go_on), 409, "reply-unfinished")
    assert len(ada.messages(chat)) == 2


def test_only_one_s_own_reply_in_this_chat_is_asked_for_again(
    api: Api, ada: Person, bob: Person, asked: dict[str, str]
) -> None:
    chat = asked["chat"]
    other, his = ada.chat(opening="Hello"), bob.chat()
    wrong = (
        asked["question"],
        ada.messages(other)[0]["id"],
        api.answer(ada, other, "x", "y"),
        api.answer(bob, his, "x", "y"),
        str(uuid4()),
    )
    for message in wrong:
        problem(ada.ask_again(chat, message), 404, "message-not-found")
    problem(ada.ask_again(other, ada.messages(other)[0]["id"]), 404, "message-not-found")
    problem(bob.ask_again(chat, asked["reply"]), 404, "chat-not-found")
    assert ada.contents(chat) == ["one", "1"]


def test_it_waits_for_what_is_unfinished_in_its_chat(
    api: Api, ada: Person, asked: dict[str, str]
) -> None:
    chat = asked["chat"]
    running = ada.send(chat, "two", worker="w")
    sent = body(ada.ask_again(chat, asked["reply"], worker="w"), 201)
    assert sent["claim"] is None
    upcoming = api.finish(running, "2", claim_next=True)["next"]
    assert upcoming["reply"]["id"] == sent["reply"]["id"]


def test_it_does_not_jump_the_line(ada: Person, bob: Person, asked: dict[str, str]) -> None:
    for _ in range(4):
        ada.send(ada.chat())
    assert body(ada.ask_again(asked["chat"], asked["reply"], worker="w"), 201)["claim"] is None
    assert body(bob.post_message(bob.chat(), "Hi", worker="w"), 201)["claim"] is not None


def test_a_full_line_refuses_it(
    ada: Person, asked: dict[str, str], serve_copy: ServeCopy, sql: Sql
) -> None:
    ada.send(ada.chat())
    before = sql("SELECT count(*) FROM messages")
    with serve_copy(queue_limit=1) as small:
        mine = Person(small.http, ada.session_id)
        found = problem(mine.ask_again(asked["chat"], asked["reply"]), 429, "queue-full")
        assert found["limit"] == 1
    assert sql("SELECT count(*) FROM messages") == before


def test_a_chat_without_a_title_of_its_own_keeps_the_one_it_has(
    ada: Person, asked: dict[str, str]
) -> None:
    ada.ask_again(asked["chat"], asked["reply"])
    assert body(ada.get(f"/chats/{asked['chat']}"))["title"] == "one"


@pytest.mark.parametrize(
    ("field", "value"),
    [("replaces", "x"), ("replaces", None), ("client_key", ""), ("go_on", "x"), ("worker", "")],
)
def test_a_bad_request_is_refused(
    ada: Person, asked: dict[str, str], field: str, value: Any
) -> None:
    new = {"replaces": asked["reply"], "client_key": "k"} | {field: value}
    found = problem(ada.post(f"/chats/{asked['chat']}/replies", new), 422, "invalid-input")
    assert found["errors"][0]["field"] == field
