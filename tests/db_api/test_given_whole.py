"""Documents that fit into the prompt are given whole; of longer ones, passages that fit."""

import pytest

from tests.db_api.answering import LEASE, QUESTION, elsewhere, find, given, lease, places
from tests.db_api.api import Api, Person, lines
from tests.db_api.conftest import Sql
from tests.db_api.passages import Read, read, reader

__all__ = ["elsewhere", "lease", "read", "reader"]


def test_documents_that_fit_are_given_whole_once_all_is_read(
    api: Api, ada: Person, chat: str, read: Read, sql: Sql
) -> None:
    document = read(ada, chat, "One page.", " \n", "Another page.")
    reply = ada.send(chat, "Summarise it.", worker="w")
    found = find(api, reply)
    assert (found["found"], given(found["prompt"])) == (True, ["One page.", "Another page."])
    assert places(found) == [(document, 1, 0, 9), (document, 3, 0, 13)]
    api.finish(reply, "Two pages.")
    exact = ada.sent(chat, "Summarise it.", mode="exact", worker="w")["reply"]["id"]
    assert find(api, exact)["found"] is False, "exact words are searched for"
    api.finish(exact)
    sql(
        "UPDATE documents SET state = 'running', finished_at = NULL, lease_until = now(),"
        " pages = 5, progress = 3"
    )
    reply = ada.send(chat, "Is it insured?", worker="w")
    waiting = find(api, reply)
    assert (waiting["found"], waiting["passages"]) == (None, []), "the rest may tell"
    sql("UPDATE messages SET created_at = created_at - interval '61 s'")
    assert find(api, reply)["found"] is False
    assert ada.reply(chat, reply)["unread_pages"] == 2
    api.finish(reply, "No.")
    reply = ada.send(chat, "Which page is another one?", worker="w")
    assert find(api, reply)["found"] is True
    assert ada.reply(chat, reply)["unread_pages"] == 2


def test_of_more_pages_than_are_given_whole_parts_are_chosen(
    api: Api, ada: Person, chat: str, read: Read
) -> None:
    read(ada, chat, *(f"Page {number}." for number in range(31)))
    found = find(api, ada.send(chat, "Summarise it.", worker="w"))
    assert 1 < len(given(found["prompt"])) < 31


@pytest.mark.parametrize(
    ("question", "is_given"),
    [
        ("Which page is the other one?", True),
        ("What does a page say of gardens, cellars, bicycles, dogs and keys?", True),
        ("What is it?", True),
        ("What is the capital of Mongolia?", False),
    ],
    ids=["a word of it", "hardly a word of it", "no word at all", "other words"],
)
def test_documents_that_fit_are_given_only_if_they_have_a_word_of_the_question(
    api: Api, ada: Person, chat: str, read: Read, question: str, *, is_given: bool
) -> None:
    read(ada, chat, "One page.", "Another page.")
    found = find(api, ada.send(chat, question, worker="w"))
    assert (found["found"], len(given(found["prompt"]))) == (is_given, 2 * is_given)


def test_passages_fit_beside_the_history_and_a_long_question(
    api: Api, ada: Person, chat: str, lease: str, read: Read
) -> None:
    read(ada, chat, *(f"{QUESTION} {number} {LEASE * 10}" for number in range(6)))
    for number in range(4):
        earlier = ada.sent(chat, f"question {number}", mode="free", worker="w")["reply"]["id"]
        api.finish(earlier, "x" * 99, prompt_tokens=2900, completion_tokens=100)
    assert ada.read(chat)["context_start"] is None
    found = find(api, reply := ada.send(chat, QUESTION, worker="w"))
    assert 1 < len(found["passages"]) < 6
    assert sum(len(text) for text in given(found["prompt"])) <= 2700
    assert lines(found["prompt"])[0] == ("user", "question 3"), "the oldest ones have no room"
    assert find(api, reply) == found
    api.finish(reply, "March.")
    long = ada.send(chat, f"{QUESTION} {'when does it end? ' * 340}", worker="w")
    assert len(find(api, long)["passages"]) == 1
