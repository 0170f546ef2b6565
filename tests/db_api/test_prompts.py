"""The model is given the system prompt and the branch, from where its memory begins."""

from typing import Any

from tests.db_api.api import Api, Person, body
from tests.db_api.conftest import Sql


def ask(api: Api, person: Person, chat: str, text: str) -> list[tuple[str, str]]:
    """Sends a message; the prompt its claim brings."""
    person.send(chat, text)
    return [(m["role"], m["content"]) for m in api.claim()["prompt"]]


def answer(api: Api, person: Person, chat: str, text: str, reply: str, **more: Any) -> None:
    """One whole turn."""
    api.finish(person.send(chat, text, worker="w"), reply, **more)


def test_the_whole_branch_is_given_in_order(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello", system="Be kind.")
    answer(api, ada, chat, "one", "1")
    assert ask(api, ada, chat, "two") == [
        ("system", "Be kind."),
        ("assistant", "Hello"),
        ("user", "one"),
        ("assistant", "1"),
        ("user", "two"),
    ]


def test_replies_without_a_word_are_left_out(api: Api, ada: Person) -> None:
    chat = ada.chat()
    answer(api, ada, chat, "one", "", state="failed", error="no")
    answer(api, ada, chat, "two", "half", state="stopped")
    assert ask(api, ada, chat, "three") == [
        ("user", "one"),
        ("user", "two"),
        ("assistant", "half"),
        ("user", "three"),
    ]


def test_siblings_are_not_given(api: Api, ada: Person, sql: Sql) -> None:
    chat = ada.chat(opening="Hello")
    answer(api, ada, chat, "first try", "1")
    sql("UPDATE chats SET head = (SELECT id FROM messages WHERE seq = 1)")
    assert ask(api, ada, chat, "second try") == [("assistant", "Hello"), ("user", "second try")]


def test_a_full_context_drops_the_oldest_half_at_a_person_s_message(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello", system="Be kind.")
    for number in range(6):
        answer(api, ada, chat, f"question {number}", "x" * 100, prompt_tokens=3000)
    assert body(ada.get(f"/chats/{chat}"))["context_start"] is None
    answer(api, ada, chat, "question 6", "x" * 100, prompt_tokens=3000, completion_tokens=73)
    start = body(ada.get(f"/chats/{chat}"))["context_start"]
    first = next(m for m in ada.messages(chat) if m["id"] == start)
    assert (first["role"], first["content"]) == ("user", "question 4")
    prompt = ask(api, ada, chat, "question 7")
    assert prompt[:2] == [("system", "Be kind."), ("user", "question 4")]
    assert prompt[-1] == ("user", "question 7")
    assert len(prompt) == 8


def test_until_it_is_full_again_the_prompt_s_beginning_stays(api: Api, ada: Person) -> None:
    chat = ada.chat()
    answer(api, ada, chat, "old", "x" * 500)
    answer(api, ada, chat, "new", "y", prompt_tokens=4000)
    prompts = []
    for number in range(3):
        prompts.append(ask(api, ada, chat, str(number)))
        reply = ada.messages(chat)[-1]["id"]
        api.finish(reply, "z", prompt_tokens=100, completion_tokens=5)
    assert prompts[0][0] == ("user", "new")
    assert [p[: len(prompts[0])] for p in prompts] == [prompts[0]] * 3


def test_a_last_turn_longer_than_half_is_kept(api: Api, ada: Person) -> None:
    chat = ada.chat()
    answer(api, ada, chat, "short", "short")
    answer(api, ada, chat, "y" * 5000, "z", prompt_tokens=4000)
    prompt = ask(api, ada, chat, "next")
    assert [len(content) for _, content in prompt] == [5000, 1, 4]


def test_a_very_long_chat_is_not_read_whole(api: Api, ada: Person) -> None:
    chat = ada.chat()
    for _ in range(20):
        answer(api, ada, chat, "x" * 30_000, "y")
    prompt = ask(api, ada, chat, "next")
    assert 400_000 <= sum(len(content) for _, content in prompt) <= 430_100
