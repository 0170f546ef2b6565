"""Replies are claimed in fair order, in a chat one after the other, and never more than fit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from app.db.transactions import Database
from sqlalchemy import text

from tests.db_api.api import Api, Person, lines, written
from tests.db_api.conftest import ServeCopy, Sql, TakeOver
from tests.support.waiting import wait_until

WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def claim_all(api: Api) -> list[str]:
    """Claims and finishes until nothing is queued: the order of service."""
    order = []
    while claim := api.claim():
        order.append(claim["reply"]["id"])
        api.finish(claim["reply"]["id"])
    return order


def test_a_claim_that_had_to_wait_reads_what_was_said_meanwhile(
    database: Database, api: Api, ada: Person, chat: str, sql: Sql
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with database.unauthenticated() as other:
            other.execute(text("SELECT pg_advisory_xact_lock(7035002)"))
            claiming = pool.submit(api.claim)
            wait_until(lambda: sql(WAITING))
            ada.send(chat, "What now?")
        assert lines(claiming.result()["prompt"])[-1] == ("user", "What now?")


def test_messages_sent_in_a_row_are_answered_in_that_order(
    api: Api, ada: Person, chat: str
) -> None:
    replies = [ada.send(chat, str(number)) for number in range(3)]
    assert api.claim("one")["reply"]["id"] == replies[0]
    assert api.claim("two") is None, "the second must wait until the first is final"
    api.finish(replies[0], worker="one")
    assert claim_all(api) == replies[1:]


def test_a_session_s_second_comes_after_others_first_and_the_position_says_so(
    api: Api, ada: Person, bob: Person
) -> None:
    people = (ada, ada, ada, bob, bob, api.person())
    queued = [(person, chat := person.chat(), person.send(chat)) for person in people]

    def positions() -> list[int | None]:
        return [person.reply(chat, reply)["queue_position"] for person, chat, reply in queued]

    assert positions() == [1, 4, 6, 2, 5, 3]
    served = api.claim()["reply"]["id"]
    assert positions() == [None, 3, 5, 1, 4, 2]
    first, second, third, his, his_second, hers = (reply for *_, reply in queued)
    assert [served, *claim_all(api)] == [first, his, hers, second, his_second, third]


def test_sessions_take_turns_whatever_one_of_them_has_queued(
    api: Api, ada: Person, bob: Person
) -> None:
    hers = [ada.send(ada.chat()) for _ in range(3)]
    for reply in hers:  # Bob sends one at a time, and always comes after Ada's
        his = bob.send(bob.chat())
        for turn in (reply, his):
            assert api.claim()["reply"]["id"] == turn
            api.finish(turn)


def test_those_who_wait_for_their_first_are_served_as_they_came(
    api: Api, ada: Person, bob: Person, sql: Sql
) -> None:
    for person in (ada, bob):
        person.send(person.chat())
    claim_all(api)
    his, hers = bob.send(bob.chat()), ada.send(ada.chat())
    # By the order of asking: a clock can jump.
    sql("UPDATE replies SET created_at = created_at + interval '1 day' WHERE message_id = %s", his)
    assert claim_all(api) == [his, hers]


def test_twenty_at_once_claiming_or_sending_never_exceed_the_slots(api: Api, sql: Sql) -> None:
    """The slots are counted over all workers, and so over all copies."""
    people = [api.person() for _ in range(20)]
    chats = [person.chat() for person in people]

    def claim_or_send(number: int) -> None:
        person, worker = people[number], f"w{number}"
        person.send(chats[number], worker=worker if number % 2 else None)
        api.claim(worker)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(claim_or_send, range(20)))
    assert sql("SELECT count(*) FROM replies WHERE state = 'running'") == [(4,)]


def test_a_session_leaves_a_quarter_of_the_slots_to_others(
    ada: Person, bob: Person, serve_copy: ServeCopy
) -> None:
    hers = [ada.send(ada.chat()) for _ in range(5)]
    with serve_copy(lm_slots=4) as api:
        assert [bool(api.claim()) for _ in range(4)] == [True, True, True, False]
        his = bob.send(bob.chat())
        assert api.claim()["reply"]["id"] == his
        api.finish(hers[0])
        assert api.claim()["reply"]["id"] == hers[3]


def test_an_address_leaves_a_quarter_of_the_slots_to_others(
    sql: Sql, serve_copy: ServeCopy
) -> None:
    with serve_copy(lm_slots=4, limits="home") as api:
        people = [replace(api.person(), network="192.0.2.1") for _ in range(5)]
        theirs = [person.send(person.chat()) for person in people]
        assert [bool(api.claim()) for _ in range(4)] == [True, True, True, False]
        unknown = api.person()
        his = unknown.send(unknown.chat())
        assert api.claim()["reply"]["id"] == his
        kept = {network for (network,) in sql("SELECT network FROM replies")}
        assert len(kept) == 2
        assert not any("192" in str(network) for network in kept), "a hash"
        for reply in theirs[:3]:
            api.finish(reply)
        assert [api.claim()["reply"]["id"] for _ in range(2)] == theirs[3:]
        people[3].post(f"/replies/{theirs[3]}/stop")
        of_ended = "SELECT count(network) FROM replies WHERE finished_at IS NOT NULL"
        assert sql(of_ended) == [(0,)]


def test_an_address_may_have_all_slots_without_limits(serve_copy: ServeCopy) -> None:
    with serve_copy(lm_slots=4, limits="off") as api:
        for _ in range(4):
            person = replace(api.person(), network="192.0.2.1")
            person.send(person.chat())
        assert all(api.claim() for _ in range(4))


def test_an_expired_lease_comes_first_and_continues_from_its_text(
    api: Api, ada: Person, bob: Person, chat: str, take_over: TakeOver
) -> None:
    reply = ada.send(chat, "Tell me", worker="gone")
    api.store(reply, "Once upon a", worker="gone")
    for _ in range(2):
        bob.send(bob.chat())
    assert api.claim("next")["reply"]["id"] != reply, "a live lease is left alone"
    claim = take_over(reply, "next")
    assert (claim["reply"]["id"], written(claim), claim["attempts"]) == (reply, "Once upon a", 0)
    assert lines(claim["prompt"]) == [("user", "Tell me")]
    assert api.store(reply, " time", 11, worker="gone")["held"] is False
    assert api.store(reply, " time", 11, worker="next")["length"] == 16
    assert ada.contents(chat)[-1] == "Once upon a time"


def test_a_clock_set_back_by_a_day_holds_nothing_up(api: Api, running: str, sql: Sql) -> None:
    sql("UPDATE replies SET lease_until = lease_until + interval '1 day'")
    claims = [api.claim("other"), api.claim("other")]
    assert [claims[0]["reply"]["id"], claims[1]] == [running, None], "the new lease holds"


def test_released_replies_wait_where_they_stood(
    api: Api, ada: Person, bob: Person, chat: str, running: str
) -> None:
    api.store(running, "Once")
    his = bob.send(bob.chat())
    assert [api.release(), api.release()] == [1, 0]
    found = ada.reply(chat, running)
    assert (found["state"], found["phase"], found["queue_position"]) == ("queued", None, 1)
    assert api.store(running, " more", 4)["held"] is False
    claims = [api.claim("x") for _ in range(2)]
    assert [claim["reply"]["id"] for claim in claims] == [running, his]
    assert (written(claims[0]), claims[0]["attempts"]) == ("Once", 0)


@pytest.mark.parametrize("how", ["released", "expired"])
def test_one_that_was_to_be_stopped_is_stopped_by_the_next_claim(
    api: Api, ada: Person, chat: str, running: str, take_over: TakeOver, how: str
) -> None:
    api.store(running, "Once")
    ada.stop(chat, running)
    assert (api.release() and api.claim() if how == "released" else take_over(running)) is None
    assert (ada.reply(chat, running)["state"], ada.contents(chat)[-1]) == ("stopped", "Once")


@pytest.mark.parametrize("to_stop", [False, True])
@pytest.mark.parametrize("held", [0, 1, 2])
def test_a_claim_waits_for_nobody_who_stops_or_deletes(
    api: Api, ada: Person, sql: Sql, hold: Callable[..., None], held: int, to_stop: bool
) -> None:
    """Whoever is waited for may be waiting, too."""
    replies = [ada.send(ada.chat()) for _ in range(3)]
    sql("UPDATE replies SET stop_requested = %s WHERE message_id = %s", to_stop, replies[held])
    hold("SELECT FROM replies WHERE message_id = %s FOR NO KEY UPDATE", replies.pop(held))
    assert [api.claim()["reply"]["id"] for _ in range(2)] == replies


def test_a_reply_that_expired_while_somebody_has_it_locked_takes_no_slot(
    ada: Person, running: str, serve_copy: ServeCopy, hold: Callable[..., None], sql: Sql
) -> None:
    other = ada.send(ada.chat())
    sql("UPDATE replies SET lease_until = now() - interval '1 s' WHERE message_id = %s", running)
    hold("SELECT FROM replies WHERE message_id = %s FOR UPDATE", running)
    with serve_copy(lm_slots=1) as api:
        assert api.claim()["reply"]["id"] == other
