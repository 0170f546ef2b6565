"""Replies are claimed in fair order, in a chat one after the other, and never more than fit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from app.db.transactions import Database
from sqlalchemy import text

from tests.db_api.api import Api, Person, lines, written
from tests.db_api.conftest import RunOut, ServeCopy, Sql
from tests.support.waiting import wait_until

WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def claim_all(api: Api) -> list[str]:
    """Claims and finishes until nothing is queued: the order of service."""
    order = []
    while claim := api.claim():
        order.append(claim["reply"]["id"])
        api.finish(claim["reply"]["id"])
    return order


def test_with_nothing_to_do_there_is_no_claim(api: Api) -> None:
    assert api.claim() is None


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


def test_a_session_s_second_comes_after_others_first(api: Api, ada: Person, bob: Person) -> None:
    eve = api.person()
    people = (ada, ada, ada, bob, bob, eve)
    first, second, third, his, his_second, hers = (p.send(p.chat()) for p in people)
    assert claim_all(api) == [first, his, hers, second, his_second, third]


def test_sessions_take_turns_whatever_one_of_them_has_queued(
    api: Api, ada: Person, bob: Person
) -> None:
    hers = [ada.send(ada.chat()) for _ in range(3)]
    order = []
    for _ in range(3):  # Bob sends one at a time, and always comes after Ada's
        his = bob.send(bob.chat())
        for _ in range(2):
            served = api.claim()["reply"]["id"]
            order.append({his: "Bob"}.get(served) or ("Ada" if served in hers else "?"))
            api.finish(served)
    assert order == ["Ada", "Bob"] * 3


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


def test_the_position_shown_is_the_order_of_service(api: Api, ada: Person, bob: Person) -> None:
    queued = [(p, chat := p.chat(), p.send(chat)) for p in (ada, ada, ada, bob)]

    def positions() -> list[int | None]:
        return [p.reply(chat, reply)["queue_position"] for p, chat, reply in queued]

    assert positions() == [1, 3, 4, 2]
    api.claim()
    assert positions() == [None, 2, 3, 1]


@pytest.mark.parametrize("by", ["claims", "sends"])
def test_twenty_at_once_never_exceed_the_slots(api: Api, sql: Sql, by: str) -> None:
    people = [api.person() for _ in range(20)]
    chats = [person.chat() for person in people]
    if by == "claims":
        for person, chat in zip(people, chats, strict=True):
            person.send(chat)
    with ThreadPoolExecutor(20) as pool:
        if by == "claims":
            claims = list(pool.map(lambda n: api.claim(f"w{n}"), range(20)))
            got = [claim["reply"]["id"] for claim in claims if claim]
            assert len(got) == len(set(got)) == 4
        else:
            list(pool.map(lambda n: people[n].send(chats[n], worker=f"w{n}"), range(20)))
    assert sql("SELECT count(*) FROM replies WHERE state = 'running'") == [(4,)]


def test_the_slots_are_those_of_all_copies(ada: Person, bob: Person, serve_copy: ServeCopy) -> None:
    with serve_copy(lm_slots=1) as one, serve_copy(lm_slots=1) as two:
        for person in (ada, bob):
            person.send(person.chat())
        assert one.claim() is not None
        assert two.claim() is None


def test_an_expired_lease_comes_first_and_continues_from_its_text(
    api: Api, ada: Person, bob: Person, chat: str, lease_runs_out: RunOut
) -> None:
    reply = ada.send(chat, "Tell me", worker="gone")
    api.store(reply, "Once upon a", worker="gone")
    bob.send(bob.chat())
    assert api.claim("next")["reply"]["id"] != reply, "a live lease is left alone"
    bob.send(bob.chat())
    lease_runs_out(reply)
    claim = api.claim("next")
    assert (claim["reply"]["id"], written(claim), claim["attempts"]) == (reply, "Once upon a", 0)
    assert lines(claim["prompt"]) == [("user", "Tell me")]
    assert api.store(reply, " time", 11, worker="gone")["held"] is False
    assert api.store(reply, " time", 11, worker="next")["length"] == 16
    assert ada.contents(chat)[-1] == "Once upon a time"


def test_three_attempts_without_a_word_are_enough(
    api: Api, ada: Person, chat: str, running: str, lease_runs_out: RunOut
) -> None:
    second = ada.send(chat)
    for attempts in (1, 2):
        lease_runs_out(running)
        assert api.claim()["attempts"] == attempts
    lease_runs_out(running)
    assert api.claim()["reply"]["id"] == second, "it does not hold up its chat"
    found = ada.reply(chat, running)
    assert (found["state"], found["finished_at"] is not None) == ("failed", True)
    assert found["error"] == {"kind": "model-broke", "size": None, "limit": None, "detail": None}


def test_waiting_for_the_model_is_no_attempt(
    api: Api, running: str, lease_runs_out: RunOut
) -> None:
    for _ in range(5):
        api.store(running, "", phase="waiting")
        lease_runs_out(running)
        assert api.claim()["attempts"] == 0


def test_a_clock_set_back_by_a_day_holds_nothing_up(api: Api, running: str, sql: Sql) -> None:
    sql("UPDATE replies SET lease_until = lease_until + interval '1 day'")
    assert api.claim("other")["reply"]["id"] == running
    assert api.claim("other") is None, "the new lease holds"


def test_an_attempt_that_added_text_counts_for_nothing(
    api: Api, ada: Person, chat: str, running: str, lease_runs_out: RunOut
) -> None:
    counted = []
    for offset in range(5):
        lease_runs_out(running)
        counted.append(api.claim()["attempts"])
        api.store(running, "x", offset)
    for _ in range(4):
        lease_runs_out(running)
        counted.append((api.claim() or {"attempts": None})["attempts"])
    assert counted == [1, 0, 0, 0, 0, 0, 1, 2, None]
    assert ada.reply(chat, running)["state"] == "failed"
    assert ada.contents(chat)[-1] == "xxxxx", "what was written stays"


def test_released_replies_wait_where_they_stood(
    api: Api, ada: Person, bob: Person, chat: str, running: str
) -> None:
    api.store(running, "Once")
    his = bob.send(bob.chat())
    assert [api.release(), api.release()] == [1, 0]
    found = ada.reply(chat, running)
    assert (found["state"], found["phase"], found["queue_position"]) == ("queued", None, 1)
    assert api.store(running, " more", 4)["held"] is False
    claim = api.claim("x")
    assert (claim["reply"]["id"], written(claim), claim["attempts"]) == (running, "Once", 0)
    assert api.claim("x")["reply"]["id"] == his


@pytest.mark.parametrize("how", ["released", "expired"])
def test_one_that_was_to_be_stopped_is_stopped_by_the_next_claim(
    api: Api, ada: Person, chat: str, running: str, lease_runs_out: RunOut, how: str
) -> None:
    api.store(running, "Once")
    ada.stop(chat, running)
    if how == "released":
        api.release()
    else:
        lease_runs_out(running)
    assert api.claim("other") is None
    assert (ada.reply(chat, running)["state"], ada.contents(chat)[-1]) == ("stopped", "Once")


@pytest.mark.parametrize("held", [0, 1, 2])
def test_a_claim_waits_for_nobody_who_stops_or_deletes(
    api: Api, ada: Person, hold: Callable[..., None], held: int
) -> None:
    """Whoever is waited for may be waiting, too."""
    replies = [ada.send(ada.chat()) for _ in range(3)]
    hold("SELECT FROM replies WHERE message_id = %s FOR NO KEY UPDATE", replies[held])
    claimed = [api.claim()["reply"]["id"] for _ in range(2)]
    assert claimed == [reply for reply in replies if reply != replies[held]]
