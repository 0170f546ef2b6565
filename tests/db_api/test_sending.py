"""A message is stored once, however often and from wherever it is sent."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from app.errors import QueueFull
from app.queue.position import check_length

from tests.db_api.api import Api, Person, lines, problem, reasons
from tests.db_api.conftest import ServeCopy, Sql


def test_sending_again_adds_nothing_and_answers_the_same(ada: Person, api: Api, chat: str) -> None:
    first = ada.sent(chat, "one\ntwo", key="k", worker="w")
    again = ada.sent(chat, "one\r\ntwo", key="k", worker="w")
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["claim"]["steps"] == []
    assert again["claim"] == first["claim"], "for a runner that never got the first answer"
    assert ada.sent(chat, "one\ntwo", key="k", worker="another")["claim"] is None
    assert again["message"] == first["message"]
    assert again["reply"]["id"] == first["reply"]["id"]
    api.finish(first["reply"]["id"], "Done.")
    assert ada.sent(chat, "one\ntwo", key="k")["reply"]["content"] == "Done."
    assert len(ada.messages(chat)) == 2


def test_a_key_with_another_text_is_refused(ada: Person, chat: str) -> None:
    ada.post_message(chat, "one", key="k")
    problem(ada.post_message(chat, "two", key="k"), 409, "key-reused")
    assert ada.contents(chat) == ["one", ""]


def test_a_key_belongs_to_its_chat(ada: Person) -> None:
    sent = [ada.sent(ada.chat(), content, key="k") for content in ("one", "two")]
    assert [s["repeated"] for s in sent] == [False, False]


def test_a_bad_key_is_refused(ada: Person, chat: str) -> None:
    for key, reason in (
        ("", "missing"),
        ("x" * 65, "too-long"),
        ("a\0", "invalid"),
        (7, "invalid"),
    ):
        answer = ada.post(f"/chats/{chat}/messages", {"content": "Hi", "client_key": key})
        assert reasons(answer) == [("client_key", reason)]


def test_twenty_sends_with_one_key_at_once_store_one(ada: Person, chat: str, sql: Sql) -> None:
    with ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(lambda n: ada.sent(chat, "Hi", "k", worker=f"w{n}"), range(20)))
    assert sorted(s["repeated"] for s in sent) == [False] + [True] * 19
    assert len({(s["message"]["id"], s["reply"]["id"]) for s in sent}) == 1
    assert sum(s["claim"] is not None for s in sent) == 1
    assert sql("SELECT count(*), (SELECT count(*) FROM replies) FROM messages") == [(2, 1)]


def test_two_tabs_sending_at_once_get_one_order(ada: Person, chat: str) -> None:
    texts = [f"{tab}{number}" for number in range(10) for tab in "ab"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: ada.sent(chat, text), texts))
    found = ada.messages(chat)
    assert [m["seq"] for m in found] == list(range(1, 41))
    assert [m["parent_id"] for m in found] == [None, *(m["id"] for m in found[:-1])]
    assert sorted(m["content"] for m in found if m["role"] == "user") == sorted(texts)


def test_with_a_free_slot_the_send_is_the_claim(ada: Person) -> None:
    chat = ada.chat(system="Be kind.")
    sent = ada.sent(chat, "Hi", worker="w")
    claim = sent["claim"]
    assert lines(claim["prompt"]) == [("system", "Be kind."), ("user", "Hi")]
    assert [m["message_id"] for m in claim["prompt"]] == [None, sent["message"]["id"]]
    assert (claim["chat_id"], claim["worker"], claim["attempts"]) == (chat, "w", 0)
    assert claim["reply"] == sent["reply"]["reply"]
    assert (claim["reply"]["state"], claim["reply"]["phase"]) == ("running", None)


def test_without_a_worker_the_reply_is_queued(ada: Person, chat: str) -> None:
    sent = ada.sent(chat, "Hi")
    reply = sent["reply"]["reply"]
    assert (sent["claim"], reply["state"], reply["queue_position"]) == (None, "queued", 1)


def test_a_send_does_not_jump_the_queue(ada: Person, bob: Person) -> None:
    for _ in range(4):
        ada.send(ada.chat())  # four are queued, all four slots are free
    claim = ada.sent(ada.chat(), "Hi", worker="w")["claim"]
    assert claim is None, "a fifth must not take the slot of those who wait"
    # Another session's first comes before this session's second.
    assert bob.sent(bob.chat(), "Hi", worker="w")["claim"] is not None


def test_a_second_message_waits_for_the_first_s_reply(
    ada: Person, api: Api, chat: str, running: str
) -> None:
    sent = ada.sent(chat, "more", worker="w")
    assert (sent["claim"], api.claim()) == (None, None)
    upcoming = api.finish(running, "Yes.", claim_next=True)["next"]
    assert upcoming["reply"]["id"] == sent["reply"]["id"]


def test_what_is_answered_at_once_is_what_can_be_read(api: Api, ada: Person) -> None:
    """A message whose reply is claimed in the same transaction is told without reading it again."""
    for worker in (None, "w"):
        chat = ada.chat(opening="Hello")
        sent = ada.sent(chat, "one", worker=worker)
        assert [sent["message"], sent["reply"]] == ada.messages(chat)[-2:]
        assert (sent["claim"] is not None) == (worker is not None)
        api.claim()


def test_the_wait_is_told_from_how_long_replies_have_taken(
    api: Api, ada: Person, chat: str
) -> None:
    assert ada.reply(chat, ada.send(chat))["wait_ms"] is None, "without experience none is made up"
    api.finish(api.claim()["reply"]["id"], "x", total_ms=2_000)
    api.answer(ada, chat, "Hi", "x", total_ms=4_000)
    ada.send(chat, worker="w")
    queued = ada.reply(chat, ada.send(chat))
    assert queued["queue_position"] == 1
    assert queued["wait_ms"] == 3_000 / 4, "four slots, and one of them comes free first"


def test_a_full_queue_refuses_and_says_when_to_come_back(
    ada: Person, bob: Person, chat: str, running: str, serve_copy: ServeCopy, sql: Sql
) -> None:
    his = bob.chat()
    stored = ada.sent(chat, "Hi", key="k")
    ada.send(chat)
    with serve_copy(queue_limit=2) as small:
        for refused in (
            bob.at(small).post_message(his, "Hi"),
            ada.at(small).post_message(chat, "Hi", replaces=stored["message"]["id"]),
        ):
            found = problem(refused, 429, "queue-full")
            assert (found["limit"], found["retry_after"]) == (2, 5)
            assert refused.headers["retry-after"] == "5"
        again = ada.at(small).sent(chat, "Hi", key="k")
        assert (again["repeated"], again["message"]) == (True, stored["message"])
    assert sql("SELECT count(*) FROM messages") == [(6,)]


@pytest.mark.parametrize(
    ("wait_ms", "seconds"), [(None, 5), (40_000, 5), (200_000, 20), (80_000_000, 600)]
)
def test_the_longer_the_queue_the_later_to_come_back(wait_ms: int | None, seconds: int) -> None:
    check_length(1, wait_ms, 2)
    with pytest.raises(QueueFull) as full:
        check_length(2, wait_ms, 2)
    assert full.value.extras == {"limit": 2, "retry_after": seconds}
