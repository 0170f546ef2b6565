"""What a program may ask for with a token in a minute, and what replies reserve: never passed,
however many ask at the same time, and through whichever copy."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from app.db.transactions import Database
from app.limits import PRESETS

from tests.db_api.api import NOWHERE, Api, Person, body, problem, reasons
from tests.db_api.conftest import ServeCopy, Sql
from tests.db_api.test_usage import limit_of

# What one of `ask` reserves: its text, what templates write around it, and its length.
RESERVED = 2 + 2 * 16 + 100 + 66
LONG_AGO = "UPDATE replies SET listened_until = clock_timestamp() - interval '1 minute'"
Copies = Callable[..., list[Api]]


@pytest.fixture
def copies(serve_copy: ServeCopy) -> Iterator[Copies]:
    """Three of db-api, with these settings."""
    with ExitStack() as served:
        yield lambda **settings: [served.enter_context(serve_copy(**settings)) for _ in range(3)]


@pytest.fixture
def program(ada: Person) -> Person:
    """Ada's, with a token of hers."""
    return replace(ada, token=ada.make_token()["id"])


def post(person: Person, **fields: Any) -> httpx.Response:
    return person.post("/completions", {"question": "Hi", "reply_tokens": 66, **fields})


def ask(person: Person, **fields: Any) -> Any:
    return body(post(person, **fields), 201)


def left(person: Person) -> int:
    """Tokens, of whichever has less: its session or its token."""
    return int(body(person.post("/usage/calls", {"tokens": 0}))["tokens"]["remaining"])


def is_about(tokens: int, expected: int) -> bool:
    """Some come back while a test runs."""
    return 0 <= tokens - expected < 45


def ask_at_once(people: list[Person], number: int) -> list[httpx.Response]:
    with ThreadPoolExecutor(24) as pool:
        return list(pool.map(lambda n: post(people[n % len(people)]), range(number)))


@pytest.mark.parametrize("of", ["program", "session"])
@pytest.mark.parametrize("by", ["tokens", "messages"])
def test_three_copies_take_as_much_as_one_may_and_no_more(
    copies: Copies, program: Person, bob: Person, sql: Sql, of: str, by: str
) -> None:
    most = {"tokens": 10 * RESERVED + RESERVED - 1, "messages": 3}[by]
    setting = f"{by}_per_minute" if of == "session" else f"program_{by}_per_minute"
    people = [program.at(copy) for copy in copies(**{setting: most})]
    for person in people:
        ask(bob.at(Api(person.http)))  # each has answered once
    if of == "session":  # by different programs
        people = [replace(each, token=program.make_token()["id"]) for each in people]
    answers = ask_at_once(people, 60)
    taken = [each for each in answers if each.status_code == 201]
    refused = [each for each in answers if each.status_code != 201]
    assert len(taken) == {"tokens": 10, "messages": 3}[by]
    name = by if of == "session" else f"program-{by}"
    for each in refused:
        what, limit, seconds = limit_of(each)
        assert (what, limit, 1 <= seconds <= 120) == (name, most, True)
    count = "SELECT count(*) FROM replies WHERE session_id = %s"
    assert sql(count, program.session_id) == [(len(taken),)]
    what_is = "requests" if by == "messages" else "tokens"
    told = sorted(each.json()["room"][what_is]["remaining"] for each in taken)
    expected = [RESERVED - 1 + n * RESERVED for n in range(10)] if by == "tokens" else [0, 1, 2]
    assert told == expected
    assert {each.json()["room"][what_is]["limit"] for each in taken} == {most}


def test_another_token_of_the_session_and_the_person_are_counted_apart(
    serve_copy: ServeCopy, program: Person, ada: Person, bob: Person, sql: Sql
) -> None:
    limits = {"program_messages_per_minute": 1, "program_tokens_per_minute": RESERVED}
    with serve_copy(**limits) as copy:
        person = program.at(copy)
        ask(person)
        assert limit_of(post(person))[0] == "program-messages"
        ask(replace(person, token=ada.make_token()["id"]))
        ask(ada.at(copy))
        assert ada.at(copy).post_message(ada.chat(), "Hi").is_success
        stolen = replace(bob.at(copy), token=program.token)
        for _ in range(2):  # they count for Bob alone
            reply = ask(stolen, worker="w")["reply"]["id"]
            copy.finish(reply, "x", prompt_tokens=9, completion_tokens=9)
        assert sql("SELECT count(tokens_full_at) FROM tokens") == [(0,)]
        ask(replace(bob.at(copy), token=NOWHERE))
    assert reasons(post(replace(ada, token="x"))) == [("X-Token-ID", "invalid")]


def test_what_a_reply_did_not_use_is_there_again_when_it_ends(
    serve_copy: ServeCopy, program: Person, sql: Sql
) -> None:
    with serve_copy(program_tokens_per_minute=2 * RESERVED) as copy:
        person = program.at(copy)
        used, stopped = (ask(person, worker="w") for _ in range(2))
        assert limit_of(post(person))[0] == "program-tokens"
        copy.finish(used["reply"]["id"], "x", prompt_tokens=20, completion_tokens=30)
        assert is_about(left(person), RESERVED - 50)
        copy.release("w")
        person.stop(stopped["reply"]["chat_id"], stopped["reply"]["id"])
        assert is_about(left(person), 2 * RESERVED - 50)
        sql("UPDATE tokens SET tokens_full_at = NULL")
        assert left(person) == 2 * RESERVED


@pytest.mark.parametrize("end", ["stopped", "abandoned", "deleted"])
def test_what_was_used_counts_however_a_reply_ends(
    serve_copy: ServeCopy, program: Person, sql: Sql, end: str
) -> None:
    with serve_copy(program_tokens_per_minute=10_000) as copy:
        person = program.at(copy)
        sent = ask(person, worker="w")
        chat, reply = sent["reply"]["chat_id"], sent["reply"]["id"]
        copy.store(reply, "x", prompt_tokens=1000, completion_tokens=5000)
        copy.release("w")
        if end == "abandoned":
            sql("UPDATE replies SET attempts = 99")
            assert copy.claim() is None
        elif end == "stopped":
            person.stop(chat, reply)
        else:
            assert person.delete(f"/chats/{chat}").is_success
        rows = sql("SELECT finished_at IS NULL, token_id FROM replies")
        is_dropped = end == "deleted" and not rows  # each minute, what was deleted for good is
        assert is_dropped or rows == [(False, None)]
        assert 4000 <= left(person) < 9000


def test_a_claim_waits_for_no_session_whose_reply_is_given_up(
    api: Api, ada: Person, hold: Callable[..., None], sql: Sql
) -> None:
    ask(ada)
    sql("UPDATE replies SET attempts = 99")
    hold("SELECT FROM session_usage WHERE session_id = %s FOR UPDATE", ada.session_id)
    assert api.claim() is None
    assert sql("SELECT state FROM replies") == [("queued",)]


def test_what_is_paused_counts_by_what_it_used_and_reserves_again_when_it_is_asked_for(
    serve_copy: ServeCopy, program: Person, sql: Sql
) -> None:
    with serve_copy(program_tokens_per_minute=2 * RESERVED) as copy:
        person, same = program.at(copy), {"client_key": "k", "request_sha256": "a" * 64}
        paused = ask(person, worker="w", listens=True, **same)["reply"]["id"]
        copy.store(paused, "x", prompt_tokens=50, completion_tokens=50)
        sql(LONG_AGO)
        copy.release("w")
        assert is_about(left(person), 2 * RESERVED - 100)
        assert sql("SELECT tokens_counted FROM replies") == [(100,)]
        sql("UPDATE tokens SET tokens_full_at = NULL")
        ask(person)
        assert left(person) == RESERVED
        sql("UPDATE tokens SET tokens_full_at = clock_timestamp() + interval '30 seconds'")
        for again in (post(person, **same), person.post(f"/completions/{paused}/listen")):
            assert limit_of(again)[0] == "program-tokens"
        sql("UPDATE tokens SET tokens_full_at = NULL")
        joined = body(post(person, **same))
        assert joined["room"]["tokens"]["remaining"] == 100
        assert left(person) == 100, "what it used before is counted"
        assert person.post(f"/completions/{paused}/listen").is_success


def test_a_reply_in_a_chat_reserves_all_that_the_model_can_see(
    serve_copy: ServeCopy, ada: Person
) -> None:
    with serve_copy(tokens_per_minute=10_000, lm_context=4096) as copy:
        person, chats = ada.at(copy), [ada.chat() for _ in range(3)]
        told = [body(person.post_message(chat, "Hi"), 201)["room"]["tokens"] for chat in chats[:2]]
        assert [each["remaining"] for each in told] == [10_000 - 4096, 10_000 - 2 * 4096]
        assert told[0]["reset_ms"] == -(-4096 * 60_000 // 10_000)
        assert limit_of(person.post_message(chats[2], "Hi"))[0] == "tokens"


def test_what_may_take_more_than_all_has_to_be_the_only_one(
    serve_copy: ServeCopy, program: Person, sql: Sql
) -> None:
    with serve_copy(program_tokens_per_minute=50) as copy:
        person = program.at(copy)
        sent = ask(person, worker="w")
        assert limit_of(post(person))[2] <= 120
        copy.finish(sent["reply"]["id"], "x", prompt_tokens=20, completion_tokens=66)
        what, limit, seconds = limit_of(post(person))
        assert (what, limit, 80 <= seconds <= 120) == ("program-tokens", 50, True)
        sql("UPDATE tokens SET tokens_full_at = NULL")
        ask(person)


def test_every_answer_tells_what_is_left_and_a_refusal_takes_nothing(
    serve_copy: ServeCopy, program: Person
) -> None:
    limits = {"messages_per_minute": 5, "program_messages_per_minute": 3, "queue_limit": 1}
    with serve_copy(**limits) as copy:
        person, same = program.at(copy), {"client_key": "k", "request_sha256": "a" * 64}
        assert ask(person, **same)["room"]["requests"]["remaining"] == 2
        assert body(post(person, **same))["room"]["requests"]["remaining"] == 2, "no second one"
        refused = problem(post(person), 429, "queue-full")
        assert refused["room"]["requests"]["remaining"] == 2
        assert 0 < refused["room"]["requests"]["reset_ms"] <= 20_000


def test_nobody_fills_the_buckets_of_a_token_themselves(
    ada: Person, program: Person, database: Database, sql: Sql
) -> None:
    ask(program)
    ((full_at,),) = sql("SELECT messages_full_at IS NOT NULL FROM tokens")
    assert full_at
    with (
        database.person(UUID(ada.session_id)) as connection,
        pytest.raises(Exception, match="denied"),
    ):
        connection.exec_driver_sql("UPDATE tokens SET messages_full_at = NULL")


@pytest.mark.parametrize("preset", ["home", "class", "public"])
def test_a_program_leaves_half_of_it_to_the_person(preset: Any) -> None:
    most = PRESETS[preset]
    assert most.program_messages_per_minute * 2 == most.messages_per_minute
    assert most.program_tokens_per_minute * 2 == most.tokens_per_minute
