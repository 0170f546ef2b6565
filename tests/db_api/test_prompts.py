"""The model is given the system prompt and the branch, from where its window begins."""

import re
from collections.abc import Callable

from tests.db_api.api import NOWHERE, Api, Person, body, lines, problem
from tests.db_api.conftest import ServeCopy

TOO_LONG = {"state": "failed", "error": {"kind": "prompt-too-long", "size": 5000, "limit": 4096}}


def ask(api: Api, person: Person, chat: str, text: str) -> list[tuple[str, str]]:
    """Sends a message; the prompt its claim brings."""
    person.send(chat, text)
    return lines(api.claim()["prompt"])


def shown(person: Person, chat: str) -> list[tuple[str, str]]:
    """What the page says the model would be given."""
    return lines(person.read(chat, "/prompt")["messages"])


def test_the_whole_branch_is_given_in_order_and_nothing_beside_it(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello", system="Be kind.")
    api.answer(ada, chat, "one", "1")
    given = [("system", "Be kind."), ("assistant", "Hello")]
    assert ask(api, ada, chat, "two") == [
        *given,
        ("user", "one"),
        ("assistant", "1"),
        ("user", "two"),
    ]
    ada.sent(chat, "another", replaces=ada.messages(chat)[1]["id"])
    assert shown(ada, chat) == [*given, ("user", "another")]


def test_replies_without_a_word_are_left_out(api: Api, ada: Person, chat: str) -> None:
    api.answer(ada, chat, "one", "", state="failed")
    api.answer(ada, chat, "two", "half", state="stopped")
    assert ask(api, ada, chat, "three") == [
        ("user", "one"),
        ("user", "two"),
        ("assistant", "half"),
        ("user", "three"),
    ]


def test_no_more_turns_are_remembered_than_a_chat_asks_for(api: Api, ada: Person) -> None:
    api.answer(ada, other := ada.chat(), "elsewhere", "x")
    chat = ada.chat(opening="Hello", system="Be kind.")
    ada.change(chat, turns=2)
    remembered = []
    for number in range(8):
        prompt = ask(api, ada, chat, f"{number}")
        assert prompt[0] == ("system", "Be kind.")
        remembered.append([text for role, text in prompt if role == "user"])
        api.finish(ada.messages(chat)[-1]["id"], "x")
    first = ["0", "0", "0", "0", "2", "2", "4", "4"]
    assert remembered == [[*map(str, range(int(first[n]), n + 1))] for n in range(8)]
    ada.change(chat, turns=1)
    assert ask(api, ada, chat, "8")[1:] == [("user", "7"), ("assistant", "x"), ("user", "8")]
    assert ada.read(other)["context_start"] is None


def test_a_claim_drops_turns_without_waiting_for_who_holds_the_chat(
    api: Api, ada: Person, hold: Callable[..., None]
) -> None:
    chat = ada.chat()
    for number in range(3):
        api.answer(ada, chat, f"{number}", "x")
    ada.change(chat, turns=1)
    ada.send(chat, "3")
    hold("SELECT FROM chats WHERE id = %s FOR NO KEY UPDATE", chat)
    assert lines(api.claim()["prompt"])[0] == ("user", "2")
    assert ada.read(chat)["context_start"] is None, "a later claim moves it"


def test_a_full_context_drops_the_oldest_half_at_a_person_s_message(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello", system="Be kind.")
    for number in range(6):
        api.answer(ada, chat, f"question {number}", "x" * 100, prompt_tokens=3000)
    assert ada.read(chat)["context_start"] is None
    api.answer(ada, chat, "question 6", "x" * 100, prompt_tokens=3000, completion_tokens=73)
    first = next(m for m in ada.messages(chat) if m["id"] == ada.read(chat)["context_start"])
    assert (first["role"], first["content"]) == ("user", "question 4")
    prompt = ask(api, ada, chat, "question 7")
    assert prompt[:2] == [("system", "Be kind."), ("user", "question 4")]
    assert (len(prompt), prompt[-1]) == (8, ("user", "question 7"))


def test_until_it_is_full_again_the_prompt_s_beginning_stays(
    api: Api, ada: Person, chat: str
) -> None:
    api.answer(ada, chat, "old", "x" * 500)
    api.answer(ada, chat, "new", "y", prompt_tokens=4000)
    prompts = []
    for number in range(3):
        prompts.append(ask(api, ada, chat, str(number)))
        api.finish(ada.messages(chat)[-1]["id"], "z", prompt_tokens=100, completion_tokens=5)
    assert prompts[0][0] == ("user", "new")
    assert [p[: len(prompts[0])] for p in prompts] == [prompts[0]] * 3


def test_a_last_turn_longer_than_half_is_kept(api: Api, ada: Person, chat: str) -> None:
    api.answer(ada, chat, "short", "short")
    api.answer(ada, chat, "y" * 5000, "z", prompt_tokens=4000)
    assert [len(text) for _, text in ask(api, ada, chat, "next")] == [5000, 1, 4]


def test_a_very_long_chat_is_not_read_whole(api: Api, ada: Person, chat: str) -> None:
    for _ in range(20):
        api.answer(ada, chat, "x" * 30_000, "y")
    assert 400_000 <= sum(len(text) for _, text in ask(api, ada, chat, "next")) <= 430_100


def test_the_prompt_shown_is_the_prompt_given(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello", system="Be kind.")
    for number in range(4):
        before, question = shown(ada, chat), f"question {number}"
        assert ask(api, ada, chat, question) == [*before, ("user", question)]
        end = {"state": "failed"} if number == 1 else {"prompt_tokens": 2000 + 600 * number}
        api.finish(ada.messages(chat)[-1]["id"], "" if number == 1 else "x" * 100, **end)
    assert ada.read(chat)["context_start"]
    assert shown(ada, chat)[1][1] != "Hello", "its beginning is forgotten"


def test_the_prompt_of_a_reply_is_the_one_it_was_given_wherever_the_window_begins_now(
    api: Api, ada: Person
) -> None:
    chat = ada.chat(opening="Hello", system="Be kind.")
    given = []
    for number in range(6):
        reply = ada.send(chat, f"question {number}")
        prompt = api.claim()["prompt"]
        start = {"prompt_start": prompt[1]["message_id"], "prompt_sha256": f"{number:064}"}
        api.finish(reply, "x" * 100, prompt_tokens=1000 * number, **start)
        given.append((f"/replies/{reply}/prompt", prompt, f"{number:064}"))
    assert given[4][1][1]["parts"] != given[5][1][1]["parts"], "the window has moved"
    for path, prompt, sha256 in given:
        told = ada.read(chat, path)
        assert (told["messages"], told["sha256"]) == (prompt, sha256)
    problem(ada.get(f"/chats/{chat}/replies/{NOWHERE}/prompt"), 404, "reply-not-found")


def test_the_prompt_shown_says_where_each_message_comes_from(ada: Person, chat: str) -> None:
    assert ada.read(chat, "/prompt")["messages"] == []
    chat = ada.chat(opening="Hello", system="Be kind.")
    opening = ada.change(chat, temperature=0.5, reply_tokens=99)["head"]
    kind, hello = ([{"type": "text", "text": text}] for text in ("Be kind.", "Hello"))
    assert ada.read(chat, "/prompt") == {
        "messages": [
            {"role": "system", "parts": kind, "message_id": None, "salt": ""},
            {"role": "assistant", "parts": hello, "message_id": opening, "salt": ""},
        ],
        "last_question": None,
        "has_documents": False,
        "context_start": None,
        "system_prompt": "Be kind.",
        "temperature": 0.5,
        "reply_tokens": 99,
        "turns": None,
        "tools": None,
    }


def test_where_prompts_are_salted_no_two_sessions_begin_alike(
    api: Api, ada: Person, bob: Person, serve_copy: ServeCopy
) -> None:
    salts: dict[str, str] = {}
    with serve_copy(prompt_salt="on") as salting:
        for person, system in ((ada, "Be kind."), (bob, "Be kind."), (ada.at(salting), "")):
            chat = person.at(salting).chat(system=system)
            for number in range(3):
                salting.answer(person.at(salting), chat, f"question {number}", "x" * 100)
            reply = person.at(salting).send(chat, "next")
            prompts = [
                salting.claim()["prompt"],
                body(salting.post_shorten(reply))["prompt"],
                person.at(salting).read(chat, "/prompt")["messages"],
                person.at(salting).read(chat, f"/replies/{reply}/prompt")["messages"],
            ]
            salting.finish(reply, "x")
            (salt,) = {prompt[0]["salt"] for prompt in prompts}
            assert {message["salt"] for prompt in prompts for message in prompt[1:]} == {""}
            assert re.fullmatch("[0-9A-Za-z]{4}", salt)
            assert salts.setdefault(person.session_id, salt) == salt
        assert ada.at(salting).read(ada.chat(), "/prompt")["messages"] == []
    assert len(set(salts.values())) == 2


def test_text_that_is_still_growing_is_not_in_the_prompt_shown(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    api.store(running, "Once")
    assert shown(ada, chat) == [("user", "Hi")]
    api.store(running, " upon", step=1)
    api.finish(running, " a time", offset=5, step=1)
    assert shown(ada, chat) == [("user", "Hi"), ("assistant", "Once upon a time")]


def test_a_question_that_was_too_long_is_left_out_until_it_gets_a_reply(
    api: Api, ada: Person, chat: str
) -> None:
    api.answer(ada, chat, "one", "1")
    reply = api.answer(ada, chat, "much too long", "", **TOO_LONG)
    before = [("user", "one"), ("assistant", "1")]
    assert shown(ada, chat) == before
    assert ask(api, ada, chat, "two") == [*before, ("user", "two")]
    api.release()
    ada.stop(chat, ada.messages(chat)[-1]["id"])
    claim = ada.regenerate(chat, reply, worker="w")["claim"]
    assert lines(claim["prompt"]) == [*before, ("user", "much too long")]
    api.finish(claim["reply"]["id"], "2")
    assert shown(ada, chat) == [*before, ("user", "much too long"), ("assistant", "2")]
    api.answer(ada, chat, "too long to go on", "Half", **TOO_LONG)
    assert ("user", "too long to go on") in shown(ada, chat)


def test_a_refused_prompt_is_shortened_and_the_window_moves_if_that_got_a_reply(
    api: Api, ada: Person, chat: str
) -> None:
    for number in range(3):
        api.answer(ada, chat, f"question {number}", "x" * 100)
    reply = ada.send(chat, "next", worker="w")
    shorter = body(api.post_shorten(reply))
    start = ada.messages(chat)[4]
    assert (shorter["context_start"], start["content"]) == (start["id"], "question 2")
    assert [text for _, text in lines(shorter["prompt"])] == ["question 2", "x" * 100, "next"]
    assert ada.read(chat)["context_start"] is None, "nothing is stored yet"
    api.finish(reply, "4", context_start=shorter["context_start"])
    assert ada.read(chat)["context_start"] == start["id"]


def test_only_its_holder_gets_a_shorter_prompt_and_only_if_there_is_one(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    queued = ada.send(chat)
    for reply, worker in ((running, "other"), (queued, "w"), (NOWHERE, "w")):
        problem(api.post_shorten(reply, worker), 409, "lease-lost")
    problem(api.post_shorten(running), 409, "nothing-to-shorten")
