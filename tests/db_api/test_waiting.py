"""The line: bounded, and honest about how long it takes."""

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import ServeCopy, Sql


def finish(api: Api, reply: str, total_ms: int) -> None:
    """The reply is written in one go, having taken `total_ms`."""
    end = {"worker": "w", "offset": 0, "text": "x", "state": "complete", "total_ms": total_ms}
    body(api.http.post(f"/replies/{reply}/finish", json=end))


def test_the_wait_is_told_from_how_long_replies_have_taken(api: Api, ada: Person, sql: Sql) -> None:
    for took in (2_000, 4_000):
        finish(api, ada.send(ada.chat(), worker="w"), took)
    chat = ada.chat()
    ada.send(chat, worker="w")
    reply = ada.send(chat)
    waiting = ada.reply(chat, reply)
    assert waiting["place"] == 1
    assert waiting["wait_ms"] == 3_000 / 4, "four slots, and one of them comes free first"


def test_without_experience_no_wait_is_made_up(ada: Person) -> None:
    chat = ada.chat()
    assert ada.reply(chat, ada.send(chat))["wait_ms"] is None


def test_a_full_line_refuses_and_says_when_to_come_back(
    ada: Person, bob: Person, serve_copy: ServeCopy, sql: Sql
) -> None:
    with serve_copy(queue_limit=2) as small:
        mine = Person(small.http, ada.session_id)
        chat = mine.chat()
        mine.send(chat)
        mine.send(chat)
        before = sql("SELECT count(*) FROM messages")
        his = Person(small.http, bob.session_id)
        refused = his.post_message(his.chat(), "Hi")
        found = problem(refused, 429, "queue-full")
        assert (found["limit"], found["retry_after"]) == (2, 5)
        assert refused.headers["retry-after"] == "5"
        assert sql("SELECT count(*) FROM messages") == before


def test_what_was_sent_before_is_found_even_if_the_line_is_full(
    ada: Person, serve_copy: ServeCopy
) -> None:
    with serve_copy(queue_limit=1) as small:
        mine = Person(small.http, ada.session_id)
        chat = mine.chat()
        body(mine.post_message(chat, "Hi", key="k"), 201)
        assert body(mine.post_message(chat, "Hi", key="k"), 200)["repeated"]
