"""A message is stored once, however often and from wherever it is sent."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import Sql


def test_sending_again_adds_nothing_and_answers_the_same(ada: Person, api: Api) -> None:
    chat = ada.chat()
    first = body(ada.post_message(chat, "one\ntwo", key="k", worker="w"), 201)
    again = body(ada.post_message(chat, "one\r\ntwo", key="k", worker="w"), 200)
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["claim"]["text"] == ""
    assert again["claim"] == first["claim"], "for a runner that never got the first answer"
    other = body(ada.post_message(chat, "one\ntwo", key="k", worker="another"), 200)
    assert other["claim"] is None
    assert again["message"] == first["message"]
    assert again["reply"]["id"] == first["reply"]["id"]
    api.finish(first["reply"]["id"], "Done.")
    much_later = body(ada.post_message(chat, "one\ntwo", key="k"), 200)
    assert much_later["reply"]["content"] == "Done."
    assert len(ada.messages(chat)) == 2


def test_a_key_with_another_text_is_refused(ada: Person) -> None:
    chat = ada.chat()
    ada.post_message(chat, "one", key="k")
    problem(ada.post_message(chat, "two", key="k"), 409, "key-reused")
    assert [m["content"] for m in ada.messages(chat)] == ["one", ""]


def test_a_key_belongs_to_its_chat(ada: Person) -> None:
    assert ada.post_message(ada.chat(), "one", key="k").status_code == 201
    assert ada.post_message(ada.chat(), "two", key="k").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 65, "a\0", None])
def test_a_bad_key_is_refused(ada: Person, key: str) -> None:
    new = {"content": "Hi", "client_key": key}
    found = problem(ada.post(f"/chats/{ada.chat()}/messages", new), 422, "invalid-input")
    assert found["errors"][0]["field"] == "client_key"


def test_twenty_sends_with_one_key_at_once_store_one(ada: Person, sql: Sql) -> None:
    chat = ada.chat()
    with ThreadPoolExecutor(20) as pool:
        answers: list[httpx.Response] = list(
            pool.map(lambda n: ada.post_message(chat, "Hi", key="k", worker=f"w{n}"), range(20))
        )
    assert sorted(a.status_code for a in answers) == [200] * 19 + [201]
    sent = [a.json() for a in answers]
    assert len({s["message"]["id"] for s in sent}) == len({s["reply"]["id"] for s in sent}) == 1
    assert sum(s["claim"] is not None for s in sent) == 1
    assert sql("SELECT count(*) FROM messages") == [(2,)]
    assert sql("SELECT count(*) FROM replies") == [(1,)]


def test_two_tabs_sending_at_once_get_one_order(ada: Person) -> None:
    chat = ada.chat()
    texts = [f"{tab}{number}" for number in range(10) for tab in "ab"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda text: ada.post_message(chat, text), texts))
    assert {a.status_code for a in answers} == {201}
    found = ada.messages(chat)
    assert [m["seq"] for m in found] == list(range(1, 41))
    assert [m["parent_id"] for m in found] == [None, *(m["id"] for m in found[:-1])]
    assert sorted(m["content"] for m in found if m["role"] == "user") == sorted(texts)


def test_with_a_free_slot_the_send_is_the_claim(ada: Person) -> None:
    chat = ada.chat(system="Be kind.")
    sent = body(ada.post_message(chat, "Hi", worker="w"), 201)
    claim = sent["claim"]
    assert claim["prompt"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
    ]
    assert (claim["chat_id"], claim["worker"], claim["attempts"]) == (chat, "w", 0)
    assert claim["reply"] == sent["reply"]["reply"]
    assert (claim["reply"]["state"], claim["reply"]["phase"]) == ("running", None)


def test_without_a_worker_the_reply_waits(ada: Person) -> None:
    sent = body(ada.post_message(ada.chat(), "Hi"), 201)
    assert sent["claim"] is None
    assert (sent["reply"]["reply"]["state"], sent["reply"]["reply"]["place"]) == ("queued", 1)


def test_a_send_does_not_jump_the_line(ada: Person, bob: Person) -> None:
    chats = [ada.chat() for _ in range(4)]
    for chat in chats:
        ada.send(chat)  # four are waiting, all four slots are free
    claim = body(ada.post_message(ada.chat(), "Hi", worker="w"), 201)["claim"]
    assert claim is None, "a fifth must not take the slot of those who wait"
    # Another session's first stands before this session's second.
    assert body(bob.post_message(bob.chat(), "Hi", worker="w"), 201)["claim"] is not None


def test_a_second_message_waits_for_the_first_s_reply(ada: Person, api: Api) -> None:
    chat = ada.chat()
    first = ada.send(chat, worker="w")
    sent = body(ada.post_message(chat, "more", worker="w"), 201)
    assert sent["claim"] is None
    assert api.claim() is None
    assert api.finish(first, "Yes.", claim_next=True)["next"]["reply"]["id"] == sent["reply"]["id"]


def test_what_is_answered_at_once_is_what_can_be_read(api: Api, ada: Person) -> None:
    """A message whose reply is claimed in the same step is described without reading it again."""
    for worker in (None, "w"):
        chat = ada.chat(opening="Hello")
        sent = body(ada.post_message(chat, "one", worker=worker), 201)
        read = ada.messages(chat)[-2:]
        assert [sent["message"], sent["reply"]] == read
        assert (sent["claim"] is not None) == (worker is not None)
        api.claim()
