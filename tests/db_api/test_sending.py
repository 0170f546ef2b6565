"""A message is stored once, however often and from wherever it is sent; so is a reply that is asked
for again. Both join the same bounded queue."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from app.errors import QueueFull
from app.limits import PRESETS
from app.queue.room import check_room

from tests.db_api.api import Api, Person, lines, problem, reasons
from tests.db_api.conftest import ServeCopy, Sql

Ask = Callable[..., httpx.Response]


@pytest.fixture(params=["message", "version", "reply"])
def ask(api: Api, ada: Person, chat: str, request: pytest.FixtureRequest) -> Ask:
    """``ask(key, ...)``: Ada sends a message in the chat, another version of its first one, or asks
    for the reply to that again."""
    reply = api.answer(ada, chat, "first", "1")
    if request.param != "reply":
        first = ada.messages(chat)[0]["id"] if request.param == "version" else None
        return lambda key=None, at=ada, **more: at.post_message(
            chat, "one\ntwo", key, **({"replaces": first} | more)
        )
    return lambda key=None, at=ada, **more: at.post_reply(
        chat, **({"replaces": reply, "key": key} | more)
    )


def test_asking_again_adds_nothing_and_answers_the_same(
    ada: Person, api: Api, chat: str, ask: Ask
) -> None:
    answers = [ask("k", worker=worker) for worker in ("w", "w", "another")]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    first, again, other = (answer.json() for answer in answers)
    assert [first["repeated"], again["repeated"]] == [False, True]
    assert first["claim"]["steps"] == []
    assert again["claim"] == first["claim"], "for a runner that never got the first answer"
    assert (other["claim"], again["message"]) == (None, first["message"])
    messages = len(ada.read(chat, "/messages/all")["items"])
    api.finish(first["reply"]["id"], "Done.")
    later = ask("k").json()["reply"]
    assert (later["id"], later["content"]) == (first["reply"]["id"], "Done.")
    assert len(ada.read(chat, "/messages/all")["items"]) == messages


def test_twenty_times_at_once_with_one_key_store_one(chat: str, ask: Ask, sql: Sql) -> None:
    with ThreadPoolExecutor(20) as pool:
        sent = [a.json() for a in pool.map(lambda n: ask("k", worker=f"w{n}"), range(20))]
    assert sorted(s["repeated"] for s in sent) == [False] + [True] * 19
    assert len({(s["message"]["id"], s["reply"]["id"]) for s in sent}) == 1
    assert sum(s["claim"] is not None for s in sent) == 1
    assert sql("SELECT count(*) FROM replies") == [(2,)]


def test_it_does_not_jump_the_queue(ada: Person, bob: Person, ask: Ask) -> None:
    for _ in range(4):
        ada.send(ada.chat())  # four are queued, all four slots are free
    assert ask(worker="w").json()["claim"] is None, "a fifth must not take the slot of those"
    # Another session's first comes before this session's second.
    assert bob.sent(bob.chat(), "Hi", worker="w")["claim"] is not None


def test_it_waits_for_what_is_unfinished_in_its_chat(
    api: Api, ada: Person, chat: str, ask: Ask
) -> None:
    running = ada.send(chat, "more", worker="w")
    sent = ask(worker="w").json()
    assert (sent["claim"], api.claim()) == (None, None)
    finished = api.finish(running, "Yes.", claim_next=True)
    assert finished["next"]["reply"]["id"] == sent["reply"]["id"]


def test_a_full_queue_refuses_it_and_finds_what_was_stored_before(
    api: Api, ada: Person, bob: Person, ask: Ask, serve_copy: ServeCopy, sql: Sql
) -> None:
    api.answer(bob, his := bob.chat(), "Hi", "Yes.", total_ms=400_000)
    bob.send(his, worker="w")  # which is queued no more
    stored = ask("k").json()
    last = ada.send(other := ada.chat())
    with serve_copy(queue_limit=2) as small:
        refused = ask(at=ada.at(small))
        found = problem(refused, 429, "queue-full")
        assert (found["limit"], found["retry_after"]) == (2, 20)
        assert refused.headers["retry-after"] == "20"
        again = ask("k", at=ada.at(small)).json()
        assert (again["repeated"], again["message"]) == (True, stored["message"])
        assert sql("SELECT count(*) FROM replies") == [(5,)]
        ada.stop(other, last)
        assert ask(at=ada.at(small)).is_success, "one that has ended is in no queue"


EMPTY = [{"limit": 60, "left": 60}]
NOTHING_TAKEN = {
    "passed": None,
    **{"messages": 0, "tokens_asked": 0, "requests": EMPTY, "tokens": EMPTY},
}


@pytest.mark.parametrize(
    ("wait_ms", "seconds"), [(None, 5), (40_000, 5), (200_000, 20), (80_000_000, 600)]
)
def test_the_longer_the_queue_the_later_to_come_back(wait_ms: int | None, seconds: int) -> None:
    unfinished: Any = SimpleNamespace(
        queued=1, wait_ms=wait_ms, of_session=1, of_chat=1, taken=NOTHING_TAKEN
    )
    check_room(unfinished, (quotas := replace(PRESETS["home"], queued_replies=2)))
    unfinished.queued = 2
    with pytest.raises(QueueFull) as full:
        check_room(unfinished, quotas)
    facts = {name: full.value.extras[name] for name in ("limit", "retry_after")}
    assert facts == {"limit": 2, "retry_after": seconds}


@pytest.mark.parametrize("what", ["session-replies", "chat-replies"])
def test_a_session_or_a_chat_that_waits_for_enough_is_refused_more_until_one_has_ended(
    ada: Person, bob: Person, chat: str, ask: Ask, serve_copy: ServeCopy, sql: Sql, what: str
) -> None:
    whole = what == "session-replies"
    with serve_copy(**{"replies_per_session" if whole else "replies_per_chat": 2}) as copy:
        running = ask("k", at=ada.at(copy), worker="w").json()["reply"]["id"]
        last = ada.at(copy).send(other := ada.chat() if whole else chat)
        refused = ask(at=ada.at(copy))
        found = problem(refused, 429, "limit-reached")
        assert (found["what"], found["limit"], found["retry_after"]) == (what, 2, 5)
        assert refused.headers["retry-after"] == "5"
        assert ask("k", at=ada.at(copy)).json()["repeated"], "it is no second one"
        assert sql("SELECT count(*) FROM replies") == [(3,)], "nothing was stored"
        assert ada.at(copy).post_message(ada.chat(), "Hi").is_success is not whole
        assert bob.at(copy).post_message(bob.chat(), "Hi").is_success
        ada.stop(chat, running)
        assert ask(at=ada.at(copy)).status_code == 429, "it is still written"
        ada.stop(other, last)
        assert ask(at=ada.at(copy)).is_success


def test_nobody_waits_for_what_another_session_sends(
    ada: Person, bob: Person, chat: str, hold: Callable[..., None]
) -> None:
    bob.chat()
    hold("SELECT FROM session_usage WHERE session_id = %s FOR UPDATE", bob.session_id)
    assert ada.post_message(chat, "Hi").is_success


@pytest.mark.parametrize("limit", ["replies_per_session", "messages_per_minute"])
def test_what_is_sent_at_once_by_several_copies_stays_within_a_limit_exactly(
    ada: Person, serve_copy: ServeCopy, sql: Sql, limit: str
) -> None:
    chats = [ada.chat() for _ in range(20)]
    with (
        serve_copy(**{limit: 5}) as one,
        serve_copy(**{limit: 5}) as other,
        ThreadPoolExecutor(20) as pool,
    ):
        copies = [ada.at(one), ada.at(other)] * 10
        for copy in copies[:2]:  # what a route makes at its first call, threads can't make together
            assert reasons(copy.post_message(chats[0], "")) == [("content", "missing")]
        sent = list(pool.map(lambda c, at: at.post_message(c, "Hi"), chats, copies))
    assert sorted(answer.status_code for answer in sent) == [201] * 5 + [429] * 15
    assert sql("SELECT count(*) FROM replies") == [(5,)]


def test_one_session_s_quick_sends_leave_room_in_the_queue_for_others(
    ada: Person, bob: Person, serve_copy: ServeCopy
) -> None:
    with serve_copy(limits="home", queue_limit=100) as copy:
        sent = [ada.at(copy).post_message(ada.chat(), "Hi").status_code for _ in range(130)]
        assert (sent.count(201), sent.count(429)) == (8, 122)
        assert bob.at(copy).post_message(bob.chat(), "Hi").is_success


def test_the_wait_is_told_from_how_long_replies_have_taken(
    api: Api, ada: Person, chat: str
) -> None:
    assert ada.reply(chat, ada.send(chat))["wait_ms"] is None, "without experience none is made up"
    api.finish(api.claim()["reply"]["id"], "x", total_ms=2_000)
    api.answer(ada, chat, "Hi", "x", total_ms=4_000)
    api.answer(ada, chat, "Hi", "x", state="stopped", total_ms=60_000)
    ada.send(chat, worker="w")
    other = ada.chat()
    queued, blocked = (ada.reply(one, ada.send(one)) for one in (other, chat))
    # Four slots, and one of them comes free first.
    assert (queued["queue_position"], queued["wait_ms"]) == (1, 3_000 / 4)
    assert (blocked["queue_position"], blocked["wait_ms"]) == (2, None), "its chat is busy"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("client_key", "", "missing"),
        ("client_key", "x" * 65, "too-long"),
        ("client_key", "a\0", "invalid"),
        ("client_key", 7, "invalid"),
        ("replaces", "x", "invalid"),
        ("worker", "", "missing"),
        ("worker", "x" * 101, "too-long"),
        ("worker", "a\0", "invalid"),
    ],
)
def test_a_bad_request_is_refused(ask: Ask, field: str, value: object, reason: str) -> None:
    assert reasons(ask("k", **{field: value})) == [(field, reason)]


def test_a_key_belongs_to_its_chat_and_its_text(ada: Person, chat: str) -> None:
    sent = [ada.sent(where, "one", key="k") for where in (chat, ada.chat())]
    assert [s["repeated"] for s in sent] == [False, False]
    problem(ada.post_message(chat, "two", key="k"), 409, "key-reused")
    assert ada.sent(chat, "one", key="k")["repeated"] is True
    assert ada.contents(chat) == ["one", ""]


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
    claim, reply = sent["claim"], sent["reply"]["reply"]
    assert lines(claim["prompt"]) == [("system", "Be kind."), ("user", "Hi")]
    assert [m["message_id"] for m in claim["prompt"]] == [None, sent["message"]["id"]]
    assert (claim["chat_id"], claim["worker"], claim["attempts"]) == (chat, "w", 0)
    assert (claim["reply"], reply["state"], reply["phase"]) == (reply, "running", None)


def test_what_is_answered_at_once_is_what_can_be_read(ada: Person) -> None:
    """A message whose reply is claimed in the same transaction is told without reading it again."""
    for worker, state in ((None, "queued"), ("w", "running")):
        chat = ada.chat(opening="Hello")
        sent = ada.sent(chat, "one", worker=worker)
        assert [sent["message"], sent["reply"]] == ada.messages(chat)[-2:]
        assert sent["reply"]["reply"]["state"] == state
        ada.remove(chat, sent["message"]["id"])


def test_asking_again_when_the_reply_has_ended_claims_nothing(
    api: Api, ada: Person, chat: str
) -> None:
    sent = ada.sent(chat, "Hi", "k", worker="w")
    api.finish(sent["reply"]["id"], "Hello.")
    assert ada.sent(chat, "Hi", "k", worker="w")["claim"] is None
