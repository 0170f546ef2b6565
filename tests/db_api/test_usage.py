"""What one session, or one address, may ask for in a minute, at once, and in all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import httpx
import pytest
from app.db.transactions import Database
from app.deleting.purge import drop_passing, purge
from app.settings import Settings

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import ServeCopy, Sql

# What sessions keep, counted from the rows themselves.
COUNT = """
SELECT c.session_id, sum(10000 + (
    SELECT coalesce(sum(CASE role WHEN 'user' THEN 500 + octet_length(content) ELSE 10000 END), 0)
    FROM messages m WHERE m.chat_id = c.id
)) FROM chats c GROUP BY 1 ORDER BY 1
"""
COUNTED = "SELECT session_id, bytes FROM session_usage WHERE bytes <> 0 ORDER BY 1"


def limit_of(response: httpx.Response) -> tuple[str, int, int]:
    """Which limit a refusal names, its number, and when to try again."""
    found = problem(response, 429, "limit-reached")
    assert response.headers["retry-after"] == str(found["retry_after"])
    return found["what"], found["limit"], found["retry_after"]


def let_pass(sql: Sql, seconds: int) -> None:
    """As if every bucket had been filling for so long."""
    later = ", ".join(
        f"{name} = {name} - interval '{seconds} s'"
        for name in ("messages_full_at", "chats_full_at", "tokens_full_at")
    )
    sql(f"UPDATE session_usage SET {later}")


@pytest.mark.parametrize("how", ["message", "first", "reply"])
def test_so_many_messages_a_minute(
    api: Api, ada: Person, bob: Person, chat: str, serve_copy: ServeCopy, sql: Sql, how: str
) -> None:
    reply = api.answer(ada, chat, "Hi", "Hello")
    ways: dict[str, Callable[[Person, str], httpx.Response]] = {
        "message": lambda person, key: person.post_message(chat, "Hi", key),
        "first": lambda person, key: person.post_first("Hi", key),
        "reply": lambda person, key: person.post_reply(chat, reply, key),
    }
    with serve_copy(messages_per_minute=4) as copy:
        person, send = ada.at(copy), ways[how]
        sql("UPDATE session_usage SET messages_full_at = NULL")
        assert [send(person, f"key {n}").status_code for n in range(4)] == [201] * 4
        for _ in range(3):  # what is refused takes nothing
            what, limit, seconds = limit_of(send(person, "more"))
            assert (what, limit, 1 <= seconds <= 15) == ("messages", 4, True)
        assert send(person, "key 3").json()["repeated"], "it is no second one"
        assert bob.at(copy).post_message(bob.chat(), "Hi").is_success
        let_pass(sql, 15)
        assert [send(person, key).status_code for key in ("more", "still more")] == [201, 429]


def test_so_many_chats_a_minute(ada: Person, bob: Person, serve_copy: ServeCopy) -> None:
    with serve_copy(limits="public", replies_per_session=99) as copy:
        person = ada.at(copy)
        person.begun("Hi", "k")
        for _ in range(4):
            person.chat()
        for refused in (person.post_first(), person.post("/chats", NEW_CHAT)):
            what, limit, seconds = limit_of(refused)
            assert (what, limit, 1 <= seconds <= 12) == ("chats", 5, True)
        assert person.begun("Hi", "k")["repeated"]
        assert len(ada.chats()) == 5
        assert person.post_message(ada.chats()[0], "Hi").is_success, "they are counted apart"
        assert bob.at(copy).post("/chats", NEW_CHAT).is_success


NEW_CHAT = {"username": "Ada", "system_prompt": "", "opening_message": None}


def test_whatever_a_session_stores_at_once_never_waits_in_a_circle(
    api: Api, ada: Person, chat: str
) -> None:
    reply = api.answer(ada, chat, "Hi", "Hello")
    # One session has at most three quarters of the slots: a fourth one would only be queued.
    running = [ada.send(ada.chat(), worker="w") for _ in range(3)]

    def act(number: int) -> str:
        ways: list[Callable[[], httpx.Response]] = [
            lambda: ada.post_message(chat, "Hi", worker="w"),
            lambda: ada.post_first(worker="w"),
            lambda: ada.post_reply(chat, reply),
            lambda: ada.post("/chats", NEW_CHAT),
            lambda: api.post_finish(running[number // 5], "x", claim_next=True),
        ]
        answer = ways[number % 5]()
        return "" if answer.is_success else answer.text

    with ThreadPoolExecutor(15) as pool:
        assert [*filter(None, pool.map(act, range(15)))] == []


def test_tokens_are_counted_when_a_reply_ends_and_waited_for_before_the_next(
    ada: Person, bob: Person, chat: str, serve_copy: ServeCopy, sql: Sql
) -> None:
    with serve_copy(tokens_per_minute=100) as copy:
        person, end = ada.at(copy), {"prompt_tokens": 120, "completion_tokens": 30}
        running, waiting = ada.send(chat, worker="w"), ada.send(ada.chat(), worker="w")
        sql("UPDATE replies SET tokens_reserved = 0")
        for _ in range(2):  # the same end, said twice
            copy.finish(running, "1", **end)
        what, limit, seconds = limit_of(person.post_message(chat, "Hi"))
        assert (what, limit, 85 <= seconds <= 90) == ("tokens", 100, True)
        assert person.post("/chats", NEW_CHAT).is_success, "which the model is not asked about"
        assert bob.at(copy).post_message(bob.chat(), "Hi").is_success
        assert copy.finish(waiting, "2")["reply"]["state"] == "complete", "it is not lost"
        let_pass(sql, 90)
        assert person.post_message(chat, "Hi").is_success


def test_nobody_waits_for_more_than_two_minutes(
    ada: Person, chat: str, serve_copy: ServeCopy
) -> None:
    with serve_copy(tokens_per_minute=100) as copy:
        running = ada.at(copy).send(chat, worker="w")
        copy.finish(running, "1", prompt_tokens=4000)
        assert limit_of(ada.at(copy).post_message(chat, "Hi"))[2] in (119, 120)


def test_nobody_waits_because_the_clock_was_set_back(
    ada: Person, chat: str, serve_copy: ServeCopy, sql: Sql
) -> None:
    day = "now() + interval '1 day'"
    sql(f"UPDATE session_usage SET messages_full_at = {day}, tokens_full_at = {day}")
    with serve_copy(messages_per_minute=2, tokens_per_minute=10_000) as copy:
        sent = [ada.at(copy).post_message(chat, "Hi") for _ in range(3)]
        assert [answer.status_code for answer in sent] == [201, 201, 429]
        assert limit_of(sent[2])[0] == "messages", "which are counted as ever"


def test_what_is_kept_is_counted_whatever_becomes_of_it(
    api: Api, ada: Person, bob: Person, database: Database, sql: Sql
) -> None:
    chat, other = ada.chat(opening="Hello"), bob.begun("é" * 400)["message"]["chat_id"]
    reply = api.answer(ada, chat, "one", "1")
    ada.regenerate(chat, reply)
    gone = ada.begun("gone", opening_message="Hello")["message"]["chat_id"]
    two = ada.sent(chat, "two")["message"]["id"]
    ada.remove(chat, two)
    assert sql(COUNTED) == sql(COUNT)
    ada.delete(f"/chats/{gone}")
    assert sql(COUNTED) == sql(COUNT), "it can be restored"
    sql("UPDATE chats SET deleted_at = now() - interval '2 days' WHERE id IN (%s, %s)", gone, other)
    purge(database)
    assert sql(COUNTED) == sql(COUNT) == [(ada.session_id, 4 * 10_000 + 503)]


def test_a_session_that_keeps_as_much_as_it_may_is_refused_more(
    ada: Person, chat: str, serve_copy: ServeCopy, sql: Sql
) -> None:
    with serve_copy(bytes_per_session=30_000) as copy:
        person = ada.at(copy)
        reply = person.sent(chat, "x" * 9_500, "k")["reply"]["id"]
        ada.stop(chat, reply)
        for answer in (
            person.post_message(chat, "Hi"),
            person.post_reply(chat, reply),
            person.post_first(),
            person.post("/chats", NEW_CHAT),
        ):
            assert problem(answer, 413, "chats-full")["limit"] == 30_000
        assert person.sent(chat, "x" * 9_500, "k")["repeated"]
        sql("UPDATE chats SET head = NULL; DELETE FROM messages")
        assert person.post_message(chat, "Hi").is_success


def begin(api: Api, address: str | None) -> httpx.Response:
    return api.http.post("/sessions", json={"address": address})


def test_so_many_sessions_a_minute_begin_at_one_address(
    api: Api, serve_copy: ServeCopy, database: Database, sql: Sql
) -> None:
    with serve_copy(sessions_per_minute=2) as copy:
        for address in ("192.0.2.1", "2001:db8:0:1::/64"):
            assert [begin(copy, address).status_code for _ in range(2)] == [201] * 2
            what, limit, seconds = limit_of(begin(copy, address))
            assert (what, limit, 1 <= seconds <= 30) == ("sessions", 2, True)
        assert begin(copy, None).status_code == 201
        kept = sql("SELECT length(address), address = ANY(%s) FROM addresses", KNOWN)
        assert kept == [(32, False)] * 2, "nobody finds one by trying all addresses"
        drop_passing(database)
        assert len(sql("SELECT 1 FROM addresses")) == 2
        sql("UPDATE addresses SET full_at = now()")
        drop_passing(database)
        assert sql("SELECT 1 FROM addresses") == []
    assert [begin(api, wrong).status_code for wrong in ("", "x" * 101)] == [422] * 2


# What anybody could make of an address.
KNOWN = [sha256(address).digest() for address in (b"192.0.2.1", b"2001:db8:0:1::/64")]


def test_a_class_of_forty_behind_one_address_works(serve_copy: ServeCopy) -> None:
    with serve_copy(limits="class", queue_limit=100) as copy:
        for _ in range(2):  # a phone each, too
            people = [
                Person(copy.http, body(begin(copy, "192.0.2.1"), 201)["id"]) for _ in range(40)
            ]
        for person in people:
            chat = person.chat()
            assert [person.post_message(chat, "Hi").status_code for _ in range(2)] == [201] * 2


def test_so_many_searches_run_at_once(
    ada: Person, bob: Person, serve_copy: ServeCopy, hold: Callable[..., None]
) -> None:
    take = "SELECT pg_advisory_xact_lock(hashtextextended('search ' || %s || ' ' || %s, 7035006))"
    with serve_copy(limits="public") as copy:
        for turn in ("1", "2"):
            assert ada.at(copy).search("x") == []
            hold(take, turn, ada.session_id)
        assert limit_of(ada.at(copy).get("/search", q="x")) == ("searches", 2, 1)
        assert bob.at(copy).search("x") == []


def test_one_export_at_a_time_until_it_ends_or_nobody_renews_it(
    ada: Person, bob: Person, sql: Sql
) -> None:
    first = body(ada.post("/exports"), 201)["id"]
    what, limit, seconds = limit_of(ada.post("/exports"))
    assert (what, limit, 50 < seconds <= 60) == ("exports", 1, True)
    theirs = f"/exports/{body(bob.post('/exports'), 201)['id']}"
    problem(put(ada, theirs), 404, "export-not-found")
    problem(ada.delete(theirs), 404, "export-not-found")
    assert put(bob, theirs).status_code == 204
    sql("UPDATE session_usage SET export_until = now() + interval '1 s'")
    assert put(ada, f"/exports/{first}").status_code == 204
    assert limit_of(ada.post("/exports"))[2] > 50
    for until in ("now()", "now() + interval '1 year'"):
        sql(f"UPDATE session_usage SET export_until = {until}")
        second = body(ada.post("/exports"), 201)["id"]
    problem(put(ada, f"/exports/{first}"), 404, "export-not-found")
    problem(ada.delete(f"/exports/{first}"), 404, "export-not-found")
    assert ada.post("/exports").status_code == 429, "another one has begun meanwhile"
    assert ada.delete(f"/exports/{second}").status_code == 204
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda _: ada.post("/exports").status_code, range(8)))
    assert sorted(begun) == [201] + [429] * 7


def put(person: Person, path: str) -> httpx.Response:
    return person.http.put(path, headers=person.headers)


@pytest.mark.parametrize("preset", ["home", "class", "public", "off"])
def test_a_number_of_one_s_own_goes_before_the_preset_s(preset: Any) -> None:
    own = Settings(limits=preset, replies_per_chat=7, bytes_per_session=9).quotas
    assert (own.chat_replies, own.session_bytes) == (7, 9)
    assert own.messages_per_minute == Settings(limits=preset).quotas.messages_per_minute
    assert Settings().quotas == Settings(limits="home").quotas


@pytest.mark.usefixtures("chat")
def test_a_call_that_stores_nothing_counts_as_a_message_and_by_its_tokens(
    ada: Person, bob: Person, serve_copy: ServeCopy, sql: Sql
) -> None:
    with serve_copy(messages_per_minute=3, tokens_per_minute=600) as copy:
        person = ada.at(copy)
        sql("UPDATE session_usage SET bytes = bytes + 9000000000000")
        assert [call(person, 0).status_code for _ in range(3)] == [200] * 3
        sql("UPDATE session_usage SET bytes = bytes - 9000000000000")
        assert limit_of(call(person, 0))[:2] == ("messages", 3)
        let_pass(sql, 60)
        assert left(call(person, 500)) == 100
        assert limit_of(call(person, 200))[:2] == ("tokens", 600)
        assert bob.at(copy).post("/usage/calls", {"tokens": 600}).is_success
        count(person, tokens=300, reserved=500)
        assert 300 <= left(call(person, 0)) < 400, "what was not used is given back"
        sql("UPDATE session_usage SET messages_full_at = NULL")
        count(person, tokens=0, reserved=100, seconds=60)
        assert left(call(person, 0)) < 400, "but not what came back by itself meanwhile"
        sql("UPDATE session_usage SET tokens_full_at = NULL")
        assert left(call(person, 100_000)) == 0, "more than there is takes all"


def call(person: Person, tokens: int) -> httpx.Response:
    return person.post("/usage/calls", {"tokens": tokens})


def count(person: Person, **used: int) -> None:
    assert person.post("/usage/tokens", used).status_code == 204


def left(called: httpx.Response) -> int:
    return int(body(called)["tokens"]["remaining"])
