"""The quotes of a reply are words of what was found for it; they go with their document, and are
nobody else's."""

from typing import Any

import pytest
from psycopg2.errors import ForeignKeyViolation

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
    quote,
)
from tests.db_api.api import Api, Person, problem
from tests.db_api.conftest import Sql, TakeOver
from tests.db_api.passages import Read, read, reader

__all__ = ["elsewhere", "lease", "read", "reader"]


def test_quotes_are_words_of_what_was_found_for_the_reply(
    api: Api, ada: Person, chat: str, lease: str, read: Read
) -> None:
    other = read(ada, ada.chat(), *[FILLER] * 3, f"{LEASE} Again.")
    reply = answered(
        *(api, ada, chat),
        quote(lease, 40, 72),
        quote(lease, 40, len(LEASE) + 1),  # more than was found
        quote(lease, 40, 72, page=9),
        quote(other, 40, 72),
        quote(lease, 40, 72, end=99),  # more than was written
        {"start": 0, "end": 6},
        quote(lease, 0, 39, start=None, end=None),
    )
    quotes = ada.reply(chat, reply)["quotes"]
    assert [(q["start"], q["document"], q["text"]) for q in quotes] == [
        (0, "notes.txt", "The lease ends on 31 March 2027."),
        (0, None, None),
        (None, "notes.txt", "The tenant pays a deposit of EUR 1,500."),
    ]
    followed = ada.read(chat, "/follow", known=f'[{{"id": "{reply}", "state": "running"}}]')
    assert followed["replies"][0]["reply"]["quotes"] == quotes
    assert api.finish(reply, "March.")["reply"]["quotes"] == quotes, "finished again, as it is"


def test_a_quote_begins_and_ends_within_a_passage(
    api: Api, ada: Person, chat: str, lease: str, sql: Sql
) -> None:
    reply = ada.send(chat, QUESTION, worker="w")
    find(api, reply)
    sql("UPDATE reply_passages SET start_offset = 40 WHERE end_offset = %s", len(LEASE))
    api.finish(reply, "March.", quotes=[quote(lease, 39, 72), quote(lease, 40, 72)])
    assert [q["quote_start"] for q in ada.reply(chat, reply)["quotes"]] == [40]


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"start": 0},
        {"start": 3, "end": 3},
        {"document_id": "01994f3c-6f1e-7b7a-8b51-0d2f6c5d9a10", "page": 1},
        quote("01994f3c-6f1e-7b7a-8b51-0d2f6c5d9a10", 5, 5),
    ],
)
def test_half_a_quote_is_refused(api: Api, running: str, odd: Any) -> None:
    problem(api.post_finish(running, "March.", quotes=[odd]), 422, "invalid-input")


def test_with_a_document_its_passages_and_the_words_of_its_quotes_are_gone_at_once(
    api: Api, ada: Person, chat: str, lease: str, sql: Sql, take_over: TakeOver
) -> None:
    near = quote(lease, 0, 39, start=None, end=None)
    done = answered(api, ada, chat, quote(lease, 40, 72), {"start": 0, "end": 6}, near)
    reply = ada.send(chat, QUESTION, worker="w")
    find(api, reply)
    assert ada.delete(f"/documents/{lease}").is_success
    quotes = ada.reply(chat, done)["quotes"]
    assert all(q[gone] is None for q in quotes for gone in ("document_id", "document", "text"))
    assert [(q["start"], q["page"] is None) for q in quotes] == [
        *((0, False), (0, True), (None, False)),
    ]
    claim = take_over(reply)
    assert (claim["passages"], given(claim["prompt"])) == ([], [])
    api.finish(reply, "March.", quotes=[quote(lease, 40, 72)])
    assert ada.reply(chat, reply)["quotes"] == []
    assert sql("SELECT count(*) FROM reply_passages") == [(0,)]


def test_two_people_s_passages_and_quotes_never_meet(
    api: Api, ada: Person, bob: Person, chat: str, lease: str, read: Read, sql: Sql
) -> None:
    """The same documents, the same questions, answered by the same worker at the same time."""
    his_chat = bob.chat()
    his = read(bob, his_chat, *[FILLER] * 3, f"{LEASE} Bob has a cat.")
    replies = {
        document: (person, where, person.send(where, QUESTION, worker="w"))
        for person, where, document in ((ada, chat, lease), (bob, his_chat, his))
    }
    for document, (_, _, reply) in replies.items():
        found = find(api, reply)
        assert {place[0] for place in places(found)} == {document}
        assert ("cat" in str(found)) is (document == his)
    both = [quote(lease, 40, 72), quote(his, 40, 72)]
    for _, _, reply in replies.values():
        api.finish(reply, "March.", quotes=both)
    for document, (person, where, reply) in replies.items():
        assert [q["document_id"] for q in person.reply(where, reply)["quotes"]] == [document]
    stolen = (
        "INSERT INTO {} (message_id, chat_id, session_id, number, document_id, page, start_offset,"
        f" end_offset) SELECT id, chat_id, session_id, 9, '{his}', 4, 0, 1 FROM messages"
        " WHERE id = %s"
    )
    for table in ("reply_passages", "quotes"):
        with pytest.raises(ForeignKeyViolation):
            sql(stolen.format(table), replies[lease][2])
