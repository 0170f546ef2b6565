"""Requests of programs that are sent again, and replies that are written while somebody listens."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.db_api.api import NOWHERE, Api, Person, body, problem, written
from tests.db_api.conftest import ServeCopy, Sql
from tests.support.waiting import wait_until

SAME, OTHER = "a" * 64, "b" * 64
LONG_AGO = "UPDATE replies SET listened_until = clock_timestamp() - interval '{}'"


def post(person: Person, sha: str = SAME, **fields: Any) -> httpx.Response:
    """``fields``: client_key, is_retry, listens, worker."""
    return person.post("/completions", {"question": "Hi", "request_sha256": sha, **fields})


def ask(person: Person, sha: str = SAME, **fields: Any) -> Any:
    """A request that is new."""
    return body(post(person, sha, **fields), 201)


def again(person: Person, sha: str = SAME, **fields: Any) -> Any:
    """One that came before."""
    joined = body(post(person, sha, **fields), 200)
    assert joined["repeated"]
    return joined


def reply_of(sent: Any) -> str:
    return str(sent["reply"]["id"])


def listen(person: Person, reply: str) -> Any:
    return body(person.post(f"/completions/{reply}/listen"))["listened_until"]


def leave(person: Person, reply: str, until: Any = None, **fields: Any) -> Any:
    given = {"listened_until": until, **fields}
    return body(person.post(f"/completions/{reply}/leave", given))["paused"]


def test_a_key_gets_what_it_got_before_however_far_that_is(
    api: Api, ada: Person, bob: Person
) -> None:
    first = ask(ada, client_key="k", worker="w")
    reply = reply_of(first)
    api.store(reply, "Once")
    joined = again(ada, client_key="k", worker="other")
    assert (reply_of(joined), joined["reply"]["content"]) == (reply, "Once")
    assert joined["claim"] is None
    assert again(ada, client_key="k", worker="w")["claim"]["reply"]["id"] == reply
    api.finish(reply, "Once more.")
    joined = again(ada, client_key="k")
    assert (joined["reply"]["content"], joined["claim"]) == ("Once more.", None)
    problem(post(ada, OTHER, client_key="k"), 409, "key-reused")
    assert reply_of(ask(bob, client_key="k")) != reply


def test_of_20_equal_requests_at_once_to_two_copies_one_is_stored(
    serve_copy: ServeCopy, ada: Person, sql: Sql
) -> None:
    with serve_copy() as copy, ThreadPoolExecutor(20) as pool:
        people = (ada, ada.at(copy)) * 10
        for fields in ({"client_key": "k"}, {"is_retry": True}):
            sends = [
                pool.submit(post, person, worker=f"w{n}", **fields)
                for n, person in enumerate(people)
            ]
            answers = [send.result() for send in sends]
            assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
            assert len({reply_of(answer.json()) for answer in answers}) == 1
            assert sum(answer.json()["claim"] is not None for answer in answers) == 1
            sql("UPDATE chats SET request_sha256 = NULL")
        kinds = [{"client_key": "two"}] * 10
        sends = [pool.submit(post, ada, f"{n}" * 64, **each) for n, each in enumerate(kinds)]
        statuses = sorted(send.result().status_code for send in sends)
        assert statuses == [201, *[409] * 9], "with one key, and each with another body"
    assert sql("SELECT count(*) FROM chats") == sql("SELECT count(*) FROM replies") == [(3,)]


def test_who_joins_a_reply_locks_it_before_what_its_session_uses(
    ada: Person, hold: Callable[..., None], sql: Sql
) -> None:
    reply = reply_of(ask(ada, client_key="k", worker="w", listens=True))
    hold("SELECT FROM replies WHERE message_id = %s FOR UPDATE", reply)  # as whoever ends it does
    with ThreadPoolExecutor(1) as pool:
        joining = pool.submit(again, ada, client_key="k")
        try:
            wait_until(lambda: sql("SELECT pid FROM pg_locks WHERE NOT granted") != [])
            sql("SELECT FROM session_usage FOR UPDATE NOWAIT")
        finally:
            hold("COMMIT")
        assert reply_of(joining.result()) == reply


def test_equal_requests_that_are_no_retries_are_two(ada: Person) -> None:
    first, second = ask(ada), ask(ada)
    assert reply_of(first) != reply_of(second)
    assert reply_of(again(ada, is_retry=True)) in {reply_of(first), reply_of(second)}


def test_a_retry_joins_what_is_unfinished_or_did_not_arrive(
    api: Api, ada: Person, bob: Person, sql: Sql
) -> None:
    reply = reply_of(ask(ada, worker="w", listens=True))
    ask(ada, OTHER, is_retry=True)
    ask(bob, is_retry=True)
    assert reply_of(again(ada, is_retry=True)) == reply
    api.finish(reply, "Once.")
    assert reply_of(again(ada, is_retry=True)) == reply, "nobody said that it arrived"
    sql("UPDATE replies SET finished_at = finished_at - interval '11 minutes'")
    assert reply_of(ask(ada, is_retry=True)) != reply, "who comes so late asks for another one"


def test_what_arrived_or_failed_is_no_retry_s(api: Api, ada: Person, bob: Person) -> None:
    reply = reply_of(ask(ada, worker="w"))
    api.finish(reply, "Once.")
    given = {"is_delivered": True}
    problem(bob.post(f"/completions/{reply}/leave", given), 404, "reply-not-found")
    assert reply_of(again(ada, is_retry=True)) == reply, "it is not Bob's"
    leave(ada, reply, is_delivered=True)
    other = reply_of(ask(ada, is_retry=True, worker="w"))
    assert other != reply
    api.finish(other, "", state="failed")
    assert reply_of(ask(ada, is_retry=True)) not in {reply, other}


def test_a_retry_joins_first_what_nobody_listens_to(ada: Person) -> None:
    first, second = (ask(ada, listens=True) for _ in range(2))
    assert leave(ada, reply_of(first), first["listened_until"])
    assert reply_of(again(ada, is_retry=True)) == reply_of(first)
    assert leave(ada, reply_of(second), second["listened_until"])
    assert reply_of(again(ada, is_retry=True)) == reply_of(second)


def test_while_nobody_listens_nobody_writes_and_the_text_stays(
    api: Api, ada: Person, sql: Sql
) -> None:
    sent = ask(ada, worker="w", listens=True)
    reply = reply_of(sent)
    assert api.store(reply, "Once")["paused"] is False
    assert leave(ada, reply, sent["listened_until"])
    assert api.store(reply, " more", offset=4)["paused"] is True
    assert api.release(reply=reply) == 1
    assert api.claim("other") is None
    joined = again(ada, is_retry=True, worker="other")
    assert written(joined["claim"]) == "Once more"
    assert joined["claim"]["attempts"] == 0
    assert joined["reply"]["reply"]["state"] == "running"


def test_somebody_else_may_have_come_meanwhile(api: Api, ada: Person) -> None:
    sent = ask(ada, worker="w", listens=True)
    joined = again(ada, is_retry=True)
    assert not leave(ada, reply_of(sent), sent["listened_until"])
    assert api.store(reply_of(sent), "Once")["paused"] is False
    assert leave(ada, reply_of(sent), joined["listened_until"])


def test_who_says_nothing_any_more_listens_no_more(api: Api, ada: Person, sql: Sql) -> None:
    reply = reply_of(ask(ada, listens=True))
    for moment in ("-1 day", "1 second"):
        sql(LONG_AGO.format(moment))
        assert api.claim() is None, "a clock may have been set back"
    assert listen(ada, reply)
    assert api.claim()["reply"]["id"] == reply
    sql(LONG_AGO.format("20 minutes"))
    assert api.store(reply, "Once")["paused"] is True
    assert api.release(reply=reply) == 1
    assert api.claim() is None
    assert listen(ada, reply), "it was paused just now, however long ago somebody listened"
    assert api.claim()["reply"]["id"] == reply


def test_nobody_comes_back_for_ten_minutes(api: Api, ada: Person, sql: Sql) -> None:
    sent = ask(ada, worker="w", listens=True)
    reply, chat = reply_of(sent), sent["message"]["chat_id"]
    api.store(reply, "Once")
    leave(ada, reply, sent["listened_until"])
    api.release(reply=reply)
    for minutes, state in (("9 minutes", "queued"), ("11 minutes", "stopped")):
        sql(LONG_AGO.format(minutes))
        assert api.claim() is None
        assert ada.reply(chat, reply)["state"] == state
    assert ada.contents(chat) == ["Hi", "Once"]
    assert listen(ada, reply) is None
    assert reply_of(ask(ada, is_retry=True)) != reply


def test_what_is_paused_takes_no_room_until_somebody_comes_back(
    serve_copy: ServeCopy, ada: Person, sql: Sql
) -> None:
    with serve_copy(replies_per_session=2, messages_per_minute=3) as copy:
        hers = ada.at(copy)
        first = ask(hers, listens=True)
        leave(hers, reply_of(first), first["listened_until"])
        ask(hers, OTHER)
        assert reply_of(again(hers, is_retry=True)) == reply_of(first)
        assert problem(post(hers, OTHER), 429, "limit-reached")["what"] == "session-replies"
        leave(hers, reply_of(first), listen(hers, reply_of(first)))
        ask(hers, OTHER)
        refused = problem(post(hers, is_retry=True), 429, "limit-reached")
        assert refused["what"] == "session-replies"
    with serve_copy(queue_limit=1) as copy:
        problem(post(ada.at(copy), is_retry=True), 429, "queue-full")


def test_what_is_paused_is_not_tried_alone(api: Api, ada: Person, bob: Person, sql: Sql) -> None:
    sent = ask(ada, listens=True)
    sql("UPDATE replies SET attempts = 2")
    leave(ada, reply_of(sent), sent["listened_until"])
    his = reply_of(ask(bob))
    assert api.claim()["reply"]["id"] == his


def test_strangers_neither_listen_nor_leave(api: Api, ada: Person, bob: Person) -> None:
    sent = ask(ada, worker="w", listens=True)
    given = {"listened_until": sent["listened_until"], "is_delivered": True}
    for person, reply in ((bob, reply_of(sent)), (ada, NOWHERE)):
        problem(person.post(f"/completions/{reply}/leave", given), 404, "reply-not-found")
        problem(person.post(f"/completions/{reply}/listen"), 404, "reply-not-found")
    assert api.store(reply_of(sent), "Once")["paused"] is False


def test_what_is_written_in_any_case_needs_nobody(api: Api, ada: Person) -> None:
    sent = ask(ada, worker="w")
    assert sent["listened_until"] is None
    assert listen(ada, reply_of(sent)) is None
    assert api.store(reply_of(sent), "Once")["paused"] is False


@pytest.mark.parametrize("sha", ["", "a", "A" * 64, 7])
def test_a_hash_is_a_hash(ada: Person, sha: Any) -> None:
    problem(post(ada, sha), 422, "invalid-input")
