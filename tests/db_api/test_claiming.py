"""Replies are claimed in fair order, in a chat one after the other, and never more than fit."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI
from sqlalchemy import text

from tests.db_api.api import Api, Person
from tests.db_api.conftest import ServeCopy, Sql

RunOut = Callable[[str], None]


def claim_all(api: Api) -> list[str]:
    """Claims and finishes until nothing waits: the order of service."""
    order = []
    while claim := api.claim():
        order.append(claim["reply"]["id"])
        api.finish(claim["reply"]["id"])
    return order


def test_with_nothing_to_do_there_is_no_claim(api: Api) -> None:
    assert api.claim() is None


def test_a_claim_that_had_to_wait_reads_what_was_said_meanwhile(
    app: FastAPI, api: Api, ada: Person, sql: Sql
) -> None:
    chat = ada.chat()
    with ThreadPoolExecutor(1) as pool:
        with app.state.database.nobody() as other:
            other.execute(text("SELECT pg_advisory_xact_lock(7035002)"))
            claiming = pool.submit(api.claim)
            for _ in range(500):
                if sql("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
                    break
                time.sleep(0.01)
            ada.send(chat, "What now?")
        assert claiming.result()["prompt"][-1]["content"] == "What now?"


def test_messages_sent_in_a_row_are_answered_in_that_order(api: Api, ada: Person) -> None:
    chat = ada.chat()
    replies = [ada.send(chat, str(number)) for number in range(3)]
    first = api.claim("one")
    assert first["reply"]["id"] == replies[0]
    assert api.claim("two") is None, "the second must wait until the first is final"
    api.finish(replies[0], worker="one")
    assert claim_all(api) == replies[1:]


def test_a_session_s_second_stands_behind_others_first(api: Api, ada: Person, bob: Person) -> None:
    eve = api.person()
    first, second, third = (ada.send(ada.chat()) for _ in range(3))
    his, his_second = bob.send(bob.chat()), bob.send(bob.chat())
    hers = eve.send(eve.chat())
    assert claim_all(api) == [first, his, hers, second, his_second, third]


def test_sessions_take_turns_whatever_one_of_them_has_waiting(
    api: Api, ada: Person, bob: Person
) -> None:
    hers = [ada.send(ada.chat()) for _ in range(3)]
    order = []
    for _ in range(3):  # Bob sends one at a time, and always comes after Ada's
        his = bob.send(bob.chat())
        for _ in range(2):
            served = api.claim()["reply"]["id"]
            order.append("Ada" if served in hers else "Bob")
            assert served in hers or served == his
            api.finish(served)
    assert order == ["Ada", "Bob"] * 3


def test_those_who_wait_for_their_first_are_served_as_they_came(
    api: Api, ada: Person, bob: Person
) -> None:
    for person in (ada, bob):
        person.send(person.chat())
    claim_all(api)
    his, hers = bob.send(bob.chat()), ada.send(ada.chat())
    assert claim_all(api) == [his, hers]


def test_the_place_shown_is_the_order_of_service(api: Api, ada: Person, bob: Person) -> None:
    chats = [ada.chat() for _ in range(3)]
    replies = [ada.send(chat) for chat in chats]
    his_chat = bob.chat()
    his = bob.send(his_chat)
    places = [ada.reply(c, r)["place"] for c, r in zip(chats, replies, strict=True)]
    assert places == [1, 3, 4]
    assert bob.reply(his_chat, his)["place"] == 2
    api.claim()
    assert ada.reply(chats[0], replies[0])["place"] is None
    assert bob.reply(his_chat, his)["place"] == 1


def test_the_clock_has_no_say_in_the_order(api: Api, ada: Person, bob: Person, sql: Sql) -> None:
    first, second = ada.send(ada.chat()), bob.send(bob.chat())
    sql("UPDATE replies SET created_at = created_at + interval '1 day' WHERE message_id=%s", first)
    assert claim_all(api) == [first, second]


def test_twenty_claims_at_once_never_exceed_the_slots(api: Api, sql: Sql) -> None:
    for _ in range(20):
        person = api.person()
        person.send(person.chat())
    with ThreadPoolExecutor(20) as pool:
        claims = list(pool.map(lambda n: api.claim(f"w{n}"), range(20)))
    got = [claim["reply"]["id"] for claim in claims if claim]
    assert len(got) == len(set(got)) == 4
    assert sql("SELECT count(*) FROM replies WHERE state = 'running'") == [(4,)]


def test_twenty_sends_at_once_never_exceed_the_slots(api: Api, sql: Sql) -> None:
    people = [api.person() for _ in range(20)]
    chats = [person.chat() for person in people]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda n: people[n].send(chats[n], worker=f"w{n}"), range(20)))
    assert sql("SELECT count(*) FROM replies WHERE state = 'running'") == [(4,)]


def test_the_slots_are_those_of_all_copies(ada: Person, bob: Person, serve_copy: ServeCopy) -> None:
    with serve_copy(lm_slots=1) as one, serve_copy(lm_slots=1) as two:
        ada.send(ada.chat())
        bob.send(bob.chat())
        assert one.claim() is not None
        assert two.claim() is None


def test_an_expired_lease_comes_first_and_goes_on_from_its_text(
    api: Api, ada: Person, bob: Person, lease_runs_out: RunOut
) -> None:
    chat = ada.chat()
    reply = ada.send(chat, "Tell me", worker="gone")
    api.store(reply, "Once upon a", worker="gone")
    bob.send(bob.chat())
    lease_runs_out(reply)
    claim = api.claim("next")
    assert (claim["reply"]["id"], claim["text"], claim["attempts"]) == (reply, "Once upon a", 0)
    assert claim["prompt"] == [{"role": "user", "content": "Tell me"}]
    assert api.store(reply, " time", 11, worker="gone")["held"] is False
    assert api.store(reply, " time", 11, worker="next")["length"] == 16
    assert ada.messages(chat)[-1]["content"] == "Once upon a time"


def test_a_live_lease_is_left_alone(api: Api, ada: Person) -> None:
    ada.send(ada.chat(), worker="w")
    assert api.claim("other") is None


def test_three_attempts_without_a_word_are_enough(
    api: Api, ada: Person, lease_runs_out: RunOut
) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    for attempts in (1, 2):
        lease_runs_out(reply)
        assert api.claim()["attempts"] == attempts
    lease_runs_out(reply)
    assert api.claim() is None
    found = ada.reply(chat, reply)
    assert found["state"] == "failed"
    assert found["error"] == "model-broke"
    assert found["finished_at"]


def test_waiting_for_the_model_is_no_attempt(api: Api, ada: Person, lease_runs_out: RunOut) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    for _ in range(5):
        api.store(reply, "", phase="waiting")
        lease_runs_out(reply)
        assert api.claim()["attempts"] == 0


def test_a_clock_set_back_by_a_day_holds_nothing_up(api: Api, ada: Person, sql: Sql) -> None:
    reply = ada.send(ada.chat(), worker="gone")
    sql("UPDATE replies SET lease_until = lease_until + interval '1 day'")
    assert api.claim("other")["reply"]["id"] == reply
    assert api.claim("other") is None, "the new lease holds"


def test_an_attempt_that_added_text_counts_for_nothing(
    api: Api, ada: Person, lease_runs_out: RunOut
) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    for offset in range(5):
        lease_runs_out(reply)
        assert api.claim()["attempts"] == (1 if offset == 0 else 0)
        api.store(reply, "x", offset)
    lease_runs_out(reply)
    assert api.claim()["attempts"] == 0
    for _ in range(3):
        lease_runs_out(reply)
        api.claim()
    assert ada.reply(chat, reply)["state"] == "failed"
    assert ada.messages(chat)[-1]["content"] == "xxxxx", "what was written stays"


def test_a_failed_reply_does_not_hold_up_its_chat(
    api: Api, ada: Person, lease_runs_out: RunOut
) -> None:
    chat = ada.chat()
    first, second = ada.send(chat, worker="w"), ada.send(chat)
    for _ in range(2):
        lease_runs_out(first)
        api.claim()
    lease_runs_out(first)
    assert api.claim()["reply"]["id"] == second


def test_released_replies_wait_where_they_stood(api: Api, ada: Person, bob: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.store(reply, "Once")
    his = bob.send(bob.chat())
    assert api.http.post("/replies/release", json={"worker": "w"}).json() == {"released": 1}
    assert api.http.post("/replies/release", json={"worker": "w"}).json() == {"released": 0}
    found = ada.reply(chat, reply)
    assert (found["state"], found["phase"], found["place"]) == ("queued", None, 1)
    assert api.store(reply, " more", 4)["held"] is False
    claim = api.claim("x")
    assert (claim["reply"]["id"], claim["text"], claim["attempts"]) == (reply, "Once", 0)
    assert api.claim("x")["reply"]["id"] == his


def test_released_replies_that_were_to_stop_are_stopped(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.store(reply, "Once")
    ada.stop(chat, reply)
    api.http.post("/replies/release", json={"worker": "w"})
    assert api.claim() is None
    assert ada.reply(chat, reply)["state"] == "stopped"
    assert ada.messages(chat)[-1]["content"] == "Once"


def test_a_reply_to_be_stopped_whose_runner_vanished_is_stopped(
    api: Api, ada: Person, lease_runs_out: RunOut
) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="gone")
    ada.stop(chat, reply)
    lease_runs_out(reply)
    assert api.claim() is None
    assert ada.reply(chat, reply)["state"] == "stopped"
