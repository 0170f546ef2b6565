"""A reply that is being read when a process dies is tried alone before it is given up, and others
wait no longer than half a minute for it."""

import pytest

from tests.db_api.api import Api, Person
from tests.db_api.conftest import Sql, TakeOver

# A moment passes in which a trial's time runs out.
LAPSE = "UPDATE replies SET alone_until = clock_timestamp() WHERE alone_until IS NOT NULL"


def die(api: Api, reply: str) -> int:
    """The process that reads it dies; the attempts of whoever claims next."""
    assert api.release(reply=reply, died=True) == 1
    claim = api.claim()
    assert claim["reply"]["id"] == reply
    return int(claim["attempts"])


@pytest.fixture
def suspect(api: Api, running: str) -> str:
    """A queued reply during which a process died twice."""
    for _ in range(2):
        api.release(died=True)
        claimed = api.claim()
    assert claimed["attempts"] == 2
    api.release()
    return running


def test_a_trial_that_has_ended_holds_up_nobody(api: Api, bob: Person, suspect: str) -> None:
    assert api.claim()["reply"]["id"] == suspect
    api.finish(suspect, state="failed")
    queued = [bob.send(bob.chat()) for _ in range(2)]
    assert [api.claim()["reply"]["id"] for _ in queued] == queued


@pytest.mark.parametrize("how", ["told", "expired"])
def test_two_deaths_and_two_more_alone_are_enough_unless_there_is_text(
    api: Api, ada: Person, chat: str, running: str, take_over: TakeOver, how: str
) -> None:
    def count() -> int:
        return die(api, running) if how == "told" else int(take_over(running)["attempts"])

    second = ada.send(chat)
    counted = []
    for offset in range(3):
        counted.append(count())
        api.store(running, "x", offset)
    counted += [count() for _ in range(4)]
    assert counted == [1, 0, 0, 0, 1, 2, 3], "one that added text counts for nothing"
    api.release(died=True)
    assert api.claim()["reply"]["id"] == second, "it does not hold up its chat"
    found = ada.reply(chat, running)
    assert (found["state"], found["finished_at"] is not None) == ("failed", True)
    assert found["error"] == {"kind": "crashed", "size": None, "limit": None, "detail": None}
    assert ada.contents(chat)[1] == "xxx", "what was written stays"


def test_a_worker_that_was_only_late_is_not_dead(api: Api, running: str, sql: Sql) -> None:
    for _ in range(5):
        sql("UPDATE replies SET lease_until = clock_timestamp() - interval '1 s'")
        assert api.claim()["attempts"] == 0
    assert api.release(reply=running) == 1


@pytest.mark.parametrize(("phase", "died"), [("waiting", True), ("reading", False)])
def test_waiting_for_the_model_and_an_orderly_end_are_no_attempts(
    api: Api, running: str, take_over: TakeOver, phase: str, died: bool
) -> None:
    for _ in range(4):
        api.store(running, "", phase=phase)
        if died:
            assert take_over(running)["attempts"] == 0
        api.store(running, "", phase=phase)
        api.release(died=died)
        assert api.claim()["attempts"] == 0


def test_a_suspect_is_claimed_when_nothing_else_runs_and_until_its_first_text_nothing_else_is(
    api: Api, ada: Person, bob: Person, running: str
) -> None:
    his = bob.send(bob.chat(), worker="his")
    for _ in range(2):
        api.release(died=True)
        first = api.claim()
    assert first is None, "another one runs"
    api.finish(his, "Well", worker="his")
    waiting = bob.send(bob.chat(), worker="his")
    assert bob.sent(bob.chat(), "Hi", worker="his")["claim"] is None
    assert (api.claim()["reply"]["id"], api.claim()) == (running, None)
    api.store(running, "", phase="reading")
    assert api.claim() is None
    api.store(running, "Once")
    assert api.claim()["reply"]["id"] == waiting


def test_others_wait_for_half_a_minute_and_a_death_beside_them_does_not_count(
    api: Api, bob: Person, suspect: str, sql: Sql
) -> None:
    his = bob.send(bob.chat(), worker="his")
    assert api.claim()["reply"]["id"] == suspect
    left = "SELECT alone_until - clock_timestamp() BETWEEN '20 s' AND '30 s' FROM replies"
    assert sql(f"{left} WHERE message_id = %s", suspect) == [(True,)]
    sql(LAPSE)
    assert api.claim("his")["reply"]["id"] == his
    api.release("his")
    assert die(api, suspect) == 2, "and it is tried alone again, before what was begun"
    assert api.claim("his") is None


def test_a_suspect_that_could_not_run_alone_in_its_time_runs_with_the_others(
    api: Api, bob: Person, suspect: str, sql: Sql
) -> None:
    claimed = "worker = 'his', state = 'running', lease_until = new_lease()"
    his = bob.send(bob.chat())
    sql(f"UPDATE replies SET {claimed} WHERE message_id = %s", his)
    assert api.claim() is None
    sql(LAPSE)
    assert api.claim()["reply"]["id"] == suspect


@pytest.mark.usefixtures("running")
def test_a_suspect_comes_before_what_was_begun_earlier(api: Api, bob: Person, sql: Sql) -> None:
    later = bob.send(bob.chat())
    sql("UPDATE replies SET attempts = 2 WHERE message_id = %s", later)
    api.release()
    assert [api.claim()["reply"]["id"], api.claim()] == [later, None]


def test_its_time_begins_when_somebody_could_claim_it(
    api: Api, bob: Person, suspect: str, sql: Sql
) -> None:
    """Not with a message that is sent while the model's server is still away."""
    begun = "SELECT message_id::text FROM replies WHERE alone_until IS NOT NULL"
    assert bob.sent(bob.chat(), "Hi", worker="his")["claim"] is None
    assert sql(begun) == []
    api.claim()
    assert sql(begun) == [(suspect,)]


def test_several_suspects_share_one_time(api: Api, bob: Person, suspect: str, sql: Sql) -> None:
    second = bob.send(bob.chat())
    sql("UPDATE replies SET attempts = 2, started_at = now() WHERE message_id = %s", second)
    assert api.claim()["reply"]["id"] == suspect
    assert sql("SELECT count(alone_until) FROM replies") == [(2,)]
    assert api.claim() is None
    sql(LAPSE)
    assert api.claim()["reply"]["id"] == second


def test_a_clock_set_back_by_a_day_makes_nobody_wait(
    api: Api, bob: Person, suspect: str, sql: Sql
) -> None:
    his = bob.send(bob.chat())
    assert api.claim()["reply"]["id"] == suspect
    sql("UPDATE replies SET alone_until = alone_until + interval '1 day'")
    assert api.claim()["reply"]["id"] == his


def test_what_was_begun_comes_before_what_was_not_and_is_nobody_s_turn(
    api: Api, ada: Person, bob: Person, running: str
) -> None:
    hers, carol = ada.send(ada.chat()), api.person()
    begun, his = bob.send(bob.chat(), worker="w"), carol.send(carol.chat())
    api.release(died=True)
    claims = [api.claim()["reply"]["id"] for _ in range(4)]
    assert claims == [running, begun, hers, his]


def test_one_reply_alone_is_handed_back(api: Api, bob: Person, running: str) -> None:
    his = bob.send(bob.chat(), worker="w")
    assert api.release(reply=his) == 1
    assert api.store(running, "Once")["held"] is True
    assert api.claim()["reply"]["id"] == his
