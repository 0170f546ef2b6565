"""The model is given the system prompt and the branch, from where its memory begins."""

from typing import Any
from uuid import uuid4

from tests.db_api.api import Api, Person, body, problem
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


def shown(person: Person, chat: str) -> list[tuple[str, str]]:
    """What the page says the model would be given."""
    found = body(person.get(f"/chats/{chat}/prompt"))
    return [(m["role"], m["content"]) for m in found["messages"]]


def test_the_prompt_shown_is_the_prompt_given(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello", system="Be kind.")
    for number in range(4):
        before = shown(ada, chat)
        assert ask(api, ada, chat, f"question {number}") == [
            *before,
            ("user", f"question {number}"),
        ]
        reply = ada.messages(chat)[-1]["id"]
        end = {"state": "failed"} if number == 1 else {"prompt_tokens": 2000 + 600 * number}
        api.finish(reply, "" if number == 1 else "x" * 100, **end)
    assert body(ada.get(f"/chats/{chat}"))["context_start"]
    assert shown(ada, chat)[1][1] != "Hello", "its beginning is forgotten"


def test_the_prompt_shown_says_where_each_part_comes_from(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello", system="Be kind.")
    ada.patch(f"/chats/{chat}", temperature=0.5, reply_tokens=99)
    found = body(ada.get(f"/chats/{chat}/prompt"))
    opening = ada.messages(chat)[0]["id"]
    assert found == {
        "messages": [
            {"role": "system", "content": "Be kind.", "message_id": None},
            {"role": "assistant", "content": "Hello", "message_id": opening},
        ],
        "context_start": None,
        "system_prompt": "Be kind.",
        "temperature": 0.5,
        "reply_tokens": 99,
    }
    assert body(ada.get(f"/chats/{ada.chat()}/prompt"))["messages"] == []


def test_text_that_is_still_growing_is_not_in_the_prompt_shown(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, "one", worker="w")
    api.store(reply, "Once")
    assert shown(ada, chat) == [("user", "one")]
    api.finish(reply, " upon", offset=4)
    assert shown(ada, chat) == [("user", "one"), ("assistant", "Once upon")]


def test_the_branch_shown_is_what_the_prompt_is_made_of(api: Api, ada: Person) -> None:
    chat = ada.chat()
    answer(api, ada, chat, "one", "1")
    first = ada.messages(chat)[0]["id"]
    ada.post_message(chat, "two", replaces=first)
    assert shown(ada, chat) == [("user", "two")]
    ada.put(f"/chats/{chat}/head", {"message_id": first})
    assert shown(ada, chat) == [("user", "one"), ("assistant", "1")]


def test_nobody_is_shown_another_s_prompt(ada: Person, bob: Person) -> None:
    chat = ada.chat(opening="secret", system="secret")
    for asked in (chat, str(uuid4())):
        problem(bob.get(f"/chats/{asked}/prompt"), 404, "chat-not-found")


TOO_LONG = {"state": "failed", "error": "prompt-too-long 5000 4096"}


def test_a_question_that_was_too_long_is_left_out_from_then_on(api: Api, ada: Person) -> None:
    chat = ada.chat()
    answer(api, ada, chat, "one", "1")
    answer(api, ada, chat, "much too long", "", **TOO_LONG)
    assert shown(ada, chat) == [("user", "one"), ("assistant", "1")]
    assert ask(api, ada, chat, "two")[-2:] == [("assistant", "1"), ("user", "two")]


def test_a_question_that_was_too_long_once_is_given_when_it_is_asked_again(
    api: Api, ada: Person
) -> None:
    chat = ada.chat()
    reply = ada.send(chat, "long", worker="w")
    api.finish(reply, "", **TOO_LONG)
    claim = body(ada.ask_again(chat, reply, worker="w"), 201)["claim"]
    assert claim["prompt"] == [{"role": "user", "content": "long"}]
    api.finish(claim["reply"]["id"], "1")
    assert ask(api, ada, chat, "two") == [("user", "long"), ("assistant", "1"), ("user", "two")]
