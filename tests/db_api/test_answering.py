"""A reply is answered from the chat's documents: what is found for it is found once and stays with
it, in its prompt only."""

from typing import Any

import pytest
from app.prompt.passages import INSTRUCTION, defuse

from tests.db_api.answering import (
    FILLER,
    LEASE,
    QUESTION,
    answered,
    elsewhere,
    find,
    given,
    lease,
    places,
    post_find,
)
from tests.db_api.api import Api, Person, lines, problem, reasons
from tests.db_api.conftest import Sql, TakeOver
from tests.db_api.passages import Read, read, reader
from tests.db_api.test_judging import HEADER, LATER, VISITORS

__all__ = ["elsewhere", "lease", "read", "reader"]


def test_how_to_answer_is_said_or_follows_from_the_documents(
    api: Api, ada: Person, chat: str, read: Read
) -> None:
    def mode(**more: Any) -> tuple[str, Any]:
        sent = ada.sent(chat, "Hi", **more)
        return sent["reply"]["reply"]["mode"], ada.read(chat)["mode"]

    assert mode() == ("free", None)
    read(ada, chat, LEASE)
    assert mode() == ("documents", None)
    assert mode(mode="exact") == ("exact", "exact")
    assert mode() == ("documents", "exact"), "the chat remembers what was chosen"
    assert mode(mode="free") == ("free", "free")
    assert reasons(ada.post_message(chat, "Hi", mode="odd")) == [("mode", "invalid")]


def test_the_prompt_of_a_reply_has_the_passages_that_were_given(
    api: Api, ada: Person, chat: str, lease: str
) -> None:
    reply = ada.send(chat, QUESTION, worker="w")
    prompt = find(api, reply)["prompt"]
    path = f"/replies/{reply}/prompt"
    told = ada.read(chat, path)
    assert (told["messages"], told["passages"]) == (prompt, [])
    assert given(told["messages"])[0] == LEASE
    ada.delete(f"/documents/{lease}")
    assert given(ada.read(chat, path)["messages"]) == []


def test_the_rows_of_a_table_are_given_below_its_header(
    api: Api, ada: Person, chat: str, read: Read
) -> None:
    read(ada, chat, *[FILLER] * 3, [VISITORS, LATER])
    found = find(api, ada.send(chat, "How many visitors were there in April?", worker="w"))
    rows = found["passages"][0]
    assert (rows["header"], rows["text"]) == (HEADER, LATER), "the header is no part of the text"
    assert rows["end"] - rows["start"] == len(LATER)
    assert given(found["prompt"])[0] == f"{HEADER}\n{LATER}"


@pytest.mark.usefixtures("lease")
@pytest.mark.parametrize(
    ("mode", "question"), [("exact", QUESTION), ("documents", "What may the lease cost in June?")]
)
def test_of_a_reply_that_no_model_was_asked_for_there_are_passages_only(
    api: Api, ada: Person, chat: str, mode: str, question: str
) -> None:
    reply = ada.sent(chat, question, mode=mode, worker="w")["reply"]["id"]
    found = find(api, reply)
    assert found["found"] == (mode == "exact")
    told = ada.read(chat, f"/replies/{reply}/prompt")
    assert told["messages"] == []
    assert [p["text"] for p in told["passages"]] == [p["text"] for p in found["passages"]] != []


def test_it_is_told_whether_there_was_text_to_search(
    api: Api, ada: Person, chat: str, read: Read, sql: Sql
) -> None:
    reply = ada.sent(chat, QUESTION, mode="exact", worker="w")["reply"]["id"]

    def told() -> tuple[bool, bool]:
        found = find(api, reply)
        return found["has_text"], found["only_pictures"]

    assert told() == (True, False), "without documents nothing is said of them"
    read(ada, chat, " ")
    assert told() == (False, False)
    sql(
        "UPDATE documents SET kind = 'png', state = 'running', embedding = true,"
        " finished_at = NULL, lease_until = now()"
    )
    assert told() == (False, True), "it gets vectors, but was read"
    sql("UPDATE document_pages SET source = 'needs-ocr'")
    assert told() == (True, True), "it may still be read"


def test_a_regenerated_reply_is_answered_as_the_one_it_replaces(
    api: Api, ada: Person, chat: str
) -> None:
    reply = ada.sent(chat, "Hi", mode="exact", worker="w")["reply"]["id"]
    api.finish(reply, "No.")
    assert ada.regenerate(chat, reply)["reply"]["reply"]["mode"] == "exact"


def test_passages_are_found_once_whoever_continues_the_reply(
    api: Api, ada: Person, chat: str, lease: str, read: Read, take_over: TakeOver
) -> None:
    claim = ada.sent(chat, QUESTION, worker="w")["claim"]
    reply = claim["reply"]["id"]
    assert (claim["reply"]["found"], claim["passages"], given(claim["prompt"])) == (None, [], [])
    found = find(api, reply)
    assert (found["found"], places(found)[0]) == (True, (lease, 4, 0, len(LEASE)))
    *_, question = found["prompt"]
    texts = [part["text"] for part in question["parts"]]
    assert (texts[0], texts[1], texts[-1]) == (INSTRUCTION, LEASE, QUESTION)
    read(ada, chat, f"{QUESTION} {QUESTION}")
    assert find(api, reply) == found, "the answer got lost"
    claim = take_over(reply)
    assert {name: claim[name] for name in ("passages", "prompt")} == {
        name: found[name] for name in ("passages", "prompt")
    }
    assert (claim["reply"]["found"], find(api, reply)) == (True, found)


def test_only_the_worker_that_holds_a_reply_finds_something_for_it(
    api: Api, ada: Person, chat: str, lease: str
) -> None:
    reply = ada.send(chat, QUESTION, worker="w")
    problem(post_find(api, reply, "another"), 409, "lease-lost")
    problem(post_find(api, reply, vector=[0.5] * 384), 422, "invalid-input")
    free = ada.sent(ada.chat(), QUESTION, worker="w")["reply"]["id"]
    problem(post_find(api, free), 409, "lease-lost")
    api.finish(reply)
    problem(post_find(api, reply), 409, "lease-lost")


def test_of_what_is_not_found_the_nearest_is_told_and_none_is_given(
    api: Api, ada: Person, chat: str, lease: str, take_over: TakeOver
) -> None:
    for _ in range(2):
        earlier = ada.sent(chat, "Hi", mode="free", worker="w")["reply"]["id"]
        api.finish(earlier, "Hi", prompt_tokens=3000, completion_tokens=71)
    question = "Is the lease of the ferry insured against whales?"
    reply = ada.sent(chat, question, mode="documents", worker="w")["reply"]["id"]
    found = find(api, reply)
    assert (found["found"], len(found["passages"]) > 0, given(found["prompt"])) == (False, True, [])
    assert ada.read(chat)["context_start"] is None, "so the prompt is as long as it was"
    claim = take_over(reply)
    assert (claim["reply"]["found"], places(claim)) == (False, places(found))
    assert given(claim["prompt"]) == []


def test_what_has_been_read_may_answer_before_the_rest_is_read(
    api: Api, ada: Person, chat: str, read: Read, sql: Sql
) -> None:
    read(ada, chat, LEASE)
    sql("UPDATE documents SET state = 'running', finished_at = NULL, lease_until = now()")
    assert find(api, ada.send(chat, QUESTION, worker="w"))["found"] is True


def test_a_follow_up_is_searched_together_with_the_question_before(
    api: Api, ada: Person, chat: str, lease: str
) -> None:
    answered(api, ada, chat)
    reply = ada.send(chat, "And the deposit of the tenant?", worker="w")
    first, *others = places(find(api, reply))
    assert first == (lease, 4, 0, len(LEASE))
    assert first not in others, "those of the question before are not found again"


def test_later_prompts_have_a_question_s_passages_no_more(
    api: Api, ada: Person, chat: str, lease: str, read: Read
) -> None:
    answered(api, ada, chat)
    shown = ada.read(chat, "/prompt")
    assert LEASE in given([shown["last_question"]])
    assert given(shown["messages"]) == []
    claim = ada.sent(chat, "Thanks.", mode="free", worker="w")["claim"]
    assert lines(claim["prompt"])[0] == ("user", QUESTION)
    assert lines(claim["prompt"])[: len(shown["messages"])] == lines(shown["messages"])
    api.finish(claim["reply"]["id"], "Fine.")
    assert ada.read(chat, "/prompt")["last_question"] is None
    begun = ada.chat(opening="Hello!")
    read(ada, begun, LEASE)
    assert ada.read(begun, "/prompt")["last_question"] is None, "nothing was asked yet"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("a\u200bb\u202ec\U000e0041d\ufe0fe\x07f", "abcdef"),
        ("a\u3164b\u2800c", "abc"),
        ("می\u200cخواهم\n\tx", "می\u200cخواهم\n\tx"),
    ],
)
def test_a_passage_hides_nothing(written: str, read_as: str) -> None:
    assert defuse(written) == read_as
