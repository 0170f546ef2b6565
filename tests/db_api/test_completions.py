"""What programs ask for: a reply to messages that they bring along, in a chat that no list has."""

from typing import Any

import httpx
import pytest
from app.db.transactions import Database
from app.deleting.purge import purge

from tests.db_api.api import Api, Person, body, lines, problem, reasons
from tests.db_api.conftest import ServeCopy, Sql


def post(person: Person, question: str = "Hi", **fields: Any) -> httpx.Response:
    return person.post("/completions", {"question": question, **fields})


def ask(person: Person, question: str = "Hi", **fields: Any) -> Any:
    return body(post(person, question, **fields), 201)


def given(*texts: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]


def test_the_model_is_given_what_the_program_says_and_nothing_else(api: Api, ada: Person) -> None:
    ada.change(ada.chat(), temperature=1)
    schema = '{"b": 1, "a": 2}'  # in its own order
    sampling = {"top_p": 0.5, "seed": 7, "stop": ["END"], "json_schema": schema, "fresh": True}
    sent = ask(
        ada,
        "Three?\r\n",
        system_prompt="Be brief.",
        history=given("One?", "Two."),
        temperature=0.25,
        reply_tokens=9,
        sampling=sampling,
        worker="w",
    )
    claim = sent["claim"]
    assert lines(claim["prompt"]) == [
        ("system", "Be brief."),
        ("user", "One?"),
        ("assistant", "Two."),
        ("user", "Three?\r\n"),
    ]
    assert (claim["temperature"], claim["reply_tokens"], claim["sampling"]) == (0.25, 9, sampling)
    assert (sent["message"]["content"], sent["reply"]["id"]) == ("Three?\r\n", claim["reply"]["id"])
    assert api.finish(claim["reply"]["id"], "Four.")["reply"]["state"] == "complete"


def test_what_is_absent_is_the_runner_s_own(api: Api, ada: Person) -> None:
    ask(ada)
    claim = api.claim()
    assert lines(claim["prompt"]) == [("user", "Hi")]
    assert (claim["temperature"], claim["reply_tokens"]) == (None, None)
    assert claim["sampling"] == {
        **dict.fromkeys(("top_p", "seed", "json_schema")),
        "stop": [],
        "fresh": False,
    }
    ada.send(ada.chat())
    api.finish(claim["reply"]["id"], "x")
    assert api.claim()["sampling"] is None, "of a person's there is none"


def test_no_list_and_no_search_has_it(ada: Person) -> None:
    sent = ask(ada, "secret", history=given("secret", "secret"))
    assert (ada.chats(), ada.chats(empty=True), ada.search("secret")) == ([], [], [])
    assert body(ada.get("/chats/deleted"))["items"] == []
    chat = sent["message"]["chat_id"]
    assert ada.stop(chat, sent["reply"]["id"])["state"] == "stopped"


def test_it_is_purged_when_its_days_are_over(
    serve_copy: ServeCopy, database: Database, ada: Person, sql: Sql
) -> None:
    ask(ada)
    kept = sql("SELECT expires_at - now() BETWEEN '6 days 23 h' AND '7 days' FROM chats")
    assert kept == [(True,)]
    with serve_copy(api_keep_days=1) as copy:
        ask(ada.at(copy), "another")
    assert purge(database) == 0
    sql("UPDATE chats SET expires_at = expires_at - interval '1 day'")
    chat = ada.chat()
    assert purge(database) == 1
    assert len(sql("SELECT 1 FROM chats")) == 2
    sql("UPDATE chats SET expires_at = now() WHERE expires_at IS NOT NULL")
    assert purge(database) == 1
    assert sql("SELECT id::text FROM chats") == [(chat,)]
    assert sql("SELECT 1 FROM messages") == []


def test_it_counts_for_every_limit_as_a_message_does(
    serve_copy: ServeCopy, ada: Person, bob: Person, sql: Sql
) -> None:
    with serve_copy(limits="public", queue_limit=4) as copy:
        hers, his = ada.at(copy), bob.at(copy)
        for _ in range(3):
            ask(hers)
        refused = problem(post(hers), 429, "limit-reached")
        assert (refused["what"], refused["limit"]) == ("session-replies", 3)
        assert refused["retry_after"] > 0
        ask(his)
        problem(post(his), 429, "queue-full")
    stored = len(sql("SELECT 1 FROM chats"))
    with serve_copy(messages_per_minute=1) as copy:
        ask(eve := copy.person())
        assert problem(post(eve), 429, "limit-reached")["what"] == "messages"
    with serve_copy(bytes_per_session=20_000) as copy:
        ask(eve := copy.person())
        problem(post(eve), 413, "chats-full")
    assert len(sql("SELECT 1 FROM chats")) == stored + 2, "of what is refused nothing is left"


def test_a_prompt_that_is_too_long_is_not_shortened(api: Api, ada: Person) -> None:
    reply = ask(ada, history=given("One", "Two", "Three", "Four"), worker="w")["reply"]["id"]
    problem(api.post_shorten(reply), 409, "nothing-to-shorten")


def test_after_a_death_another_worker_continues_it(api: Api, ada: Person) -> None:
    reply = ask(ada, sampling={"seed": 7}, worker="w")["reply"]["id"]
    api.store(reply, "Once")
    api.release(died=True)
    claim = api.claim("other")
    assert (claim["reply"]["id"], claim["steps"][0]["text"]) == (reply, "Once")
    assert claim["sampling"]["seed"] == 7


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"question": ""}, "question"),
        ({"question": "a\0b"}, "question"),
        ({"history": [{"role": "system", "content": "x"}]}, "history.0.role"),
        ({"history": [{"role": "user", "content": ""}]}, "history.0.content"),
        ({"temperature": 3}, "temperature"),
        ({"reply_tokens": 0}, "reply_tokens"),
        ({"reply_tokens": 100_000}, "reply_tokens"),
        ({"sampling": {"top_p": 1.5}}, "sampling.top_p"),
        ({"sampling": {"seed": -1}}, "sampling.seed"),
        ({"sampling": {"stop": [""]}}, "sampling.stop.0"),
        ({"sampling": {"stop": ["x"] * 5}}, "sampling.stop"),
        ({"sampling": {"json_schema": "x" * 100_001}}, "sampling.json_schema"),
    ],
)
def test_what_can_t_be_asked_is_refused_by_name(
    ada: Person, sql: Sql, fields: dict[str, Any], field: str
) -> None:
    refused = ada.post("/completions", {"question": "Hi", **fields})
    assert [name for name, _ in reasons(refused)] == [field]
    problem(post(ada, "x" * 32_769), 413, "message-too-large")
    assert sql("SELECT 1 FROM chats") == []


def test_it_goes_with_its_session(ada: Person, sql: Sql) -> None:
    ask(ada, history=given("One", "Two"))
    assert ada.delete("/sessions/current").status_code == 204
    assert [sql(f"SELECT 1 FROM {table}") for table in ("chats", "messages", "replies")] == [[]] * 3
