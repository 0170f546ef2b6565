"""A chat that begins with its first message: both are stored once, or neither is."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.db_api.api import Api, Person, lines, problem, reasons
from tests.db_api.conftest import ServeCopy, Sql

COUNT = (
    "SELECT (SELECT count(*) FROM chats), count(*), (SELECT count(*) FROM replies) FROM messages"
)


def test_a_chat_begins_with_its_message_under_the_session_s_name(ada: Person) -> None:
    sent = ada.begun("What is an API?", worker="w", system_prompt="Be kind.", opening_message="Hi")
    chat = ada.read(sent["message"]["chat_id"])
    assert (chat["username"], chat["title"], sent["title"]) == ("Ada", *["What is an API?"] * 2)
    assert chat["head"] == sent["reply"]["id"]
    shown = ada.messages(chat["id"])
    assert [(m["seq"], m["content"]) for m in shown] == [(1, "Hi"), (2, "What is an API?"), (3, "")]
    assert [sent["message"], sent["reply"]] == shown[1:]
    prompt = [("system", "Be kind."), ("assistant", "Hi"), ("user", "What is an API?")]
    assert lines(sent["claim"]["prompt"]) == prompt
    ada.send(chat["id"], "And then?")
    assert [m["seq"] for m in ada.messages(chat["id"])] == [1, 2, 3, 4, 5]
    bare = ada.begun()["message"]
    assert (bare["seq"], bare["parent_id"]) == (1, None), "without an opening message"


def test_twenty_times_at_once_with_one_key_begin_one_chat(ada: Person, sql: Sql) -> None:
    with ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(lambda n: ada.begun("Hi", "k", worker=f"w{n}"), range(20)))
    assert sorted(s["repeated"] for s in sent) == [False] + [True] * 19
    assert len({(s["message"]["chat_id"], s["reply"]["id"]) for s in sent}) == 1
    assert sum(s["claim"] is not None for s in sent) == 1
    assert sql(COUNT) == [(1, 2, 1)]


def test_a_key_is_one_session_s_and_stands_for_one_text(ada: Person, api: Api, sql: Sql) -> None:
    ada.begun("another", "another")
    begun = ada.begun("one", "k")
    assert api.person("Bob").begun("one", "k")["repeated"] is False
    assert ada.sent(ada.chat(), "one", "k")["repeated"] is False, "other chats have their own keys"
    problem(ada.post_first("two", "k"), 409, "key-reused")
    chat, message = begun["message"]["chat_id"], begun["message"]["id"]
    ada.send(chat, "three")
    assert ada.begun("one", "k")["reply"]["id"] == begun["reply"]["id"], "whatever came after"
    ada.delete(f"/chats/{chat}")
    problem(ada.post_first("one", "k"), 409, "key-reused")
    ada.post(f"/chats/{chat}/restore")
    ada.remove(chat, message)
    problem(ada.post_first("one", "k"), 409, "key-reused")


def test_a_message_that_is_refused_leaves_no_chat(
    ada: Person, api: Api, serve_copy: ServeCopy, sql: Sql
) -> None:
    for field, value, reason in (
        ("content", " ", "missing"),
        ("client_key", "", "missing"),
        ("client_key", "x" * 65, "too-long"),
        ("system_prompt", "x" * 8001, "too-long"),
        ("worker", "", "missing"),
    ):
        assert reasons(ada.post_first(**{field: value})) == [(field, reason)]
    problem(ada.post_first("x" * 32_769), 413, "message-too-large")
    assert reasons(api.person().post_first()) == [("username", "missing")], "it has no name"
    assert sql(COUNT) == [(0, 0, 0)]
    ada.send(ada.chat())
    with serve_copy(queue_limit=1) as small:
        problem(ada.at(small).post_first(), 429, "queue-full")
    assert sql(COUNT) == [(1, 2, 1)]


@pytest.mark.parametrize("opening", [None, "Hello, stranger"])
def test_a_chat_nobody_has_written_in_is_not_listed(ada: Person, opening: str | None) -> None:
    chat = ada.chat(opening=opening)
    ada.change(chat, title="stranger", pinned=True)
    assert (ada.chats(empty=False), ada.search("stranger")) == ([], [])
    assert ada.chats() == [chat] == [ada.read(chat)["id"]], "those who ask for it find it"
    sent = ada.sent(chat, "one")["message"]["id"]
    assert ada.chats(empty=False) == [chat]
    assert ada.search("stranger")
    ada.remove(chat, sent)
    assert ada.chats(empty=False) == [chat], "nothing is hidden that was there"
