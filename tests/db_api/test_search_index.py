"""What a search walks over: an index that takes every text and hands out one session's only."""

import time
from uuid import UUID

import pytest
from fastapi import FastAPI

from tests.db_api.api import Api, Person, body
from tests.db_api.conftest import ServeCopy, Sql

NASTY = {
    "one word": "x" * 32_768,
    "many words": " ".join(f"{n:04x}" for n in range(6_553)),
    "all CJK": "".join(chr(0x4E00 + n % 20_000) for n in range(10_922)),
    "compounds": "a-b.c/d@e " * 3_276,
    "words of 2 kB": " ".join(c * 2046 for c in "abcdefghijklmnop"),
    "emoji": "😀" * 8_192,
}


@pytest.mark.parametrize("content", NASTY.values(), ids=NASTY.keys())
def test_the_nastiest_message_can_be_sent_and_finished(api: Api, ada: Person, content: str) -> None:
    chat = ada.chat()
    reply = ada.send(chat, content, worker="w")
    api.finish(reply, content)
    assert ada.contents(chat) == [content, content]
    assert all(len(hit["snippet"]) < 300 for hit in ada.search(content[:2]))


def test_a_raised_message_limit_breaks_nothing(ada: Person, serve_copy: ServeCopy) -> None:
    """A tsvector ends at 1 MB."""
    content = " ".join(f"{n:06x}" for n in range(200_000))
    with serve_copy(message_limit=2_000_000) as large:
        chat = ada.chat()
        sent = Person(large.http, ada.session_id).post_message(chat, content)
        assert sent.status_code == 201
    assert len(ada.search("000001")) == 2


def test_with_many_rows_the_search_uses_its_indexes(
    app: FastAPI, ada: Person, bob: Person, sql: Sql
) -> None:
    chat = ada.chat(opening="a needle")
    ada.patch(f"/chats/{chat}", title="needle")
    ada.send(ada.chat(), "needle")
    sql(
        "INSERT INTO chats (session_id, username, system_prompt, title)"
        " SELECT %s, 'Bob', '', 'hay ' || n FROM generate_series(1, 3000) AS n",
        bob.session_id,
    )
    sql(
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, n, 'user', 'hay and needle ' || n"
        " FROM chats, generate_series(1, 5) AS n WHERE session_id = %s",
        bob.session_id,
    )
    sql("ANALYZE chats, messages")
    names = ["chats_search_idx", "messages_search_idx"]
    scans = []
    for statement in ("SELECT", "SELECT * FROM search_chats('need', 0, 50)"):
        with app.state.database.person(UUID(ada.session_id)) as connection:
            found = connection.exec_driver_sql(statement).all()
            # What a connection did is counted when it has had a second of rest, or now.
            connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        count = "SELECT sum(idx_scan)::integer FROM pg_stat_user_indexes WHERE indexrelname = "
        scans.append([sql(f"{count} %s", name)[0][0] for name in names])
    assert len(found) == 4
    assert scans[1] == [before + 1 for before in scans[0]]


def test_the_index_keeps_to_the_session_by_itself(ada: Person, bob: Person, sql: Sql) -> None:
    """What others wrote is not even compared with the session: the index does not hand it out."""
    for person in (ada, bob):
        person.send(person.chat(), "needle")
    sql("SET enable_seqscan = off")
    try:
        ((lines,),) = sql(
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT FROM messages"
            " WHERE search_words(session_id, content) @@ search_query(%s, 'need')",
            ada.session_id,
        )
    finally:
        sql("RESET enable_seqscan")
    scan = lines[0]["Plan"]["Plans"][0]
    assert (scan["Index Name"], scan["Actual Rows"]) == ("messages_search_idx", 1)


def test_a_hit_is_compared_with_the_session_even_if_the_index_hands_it_out(
    ada: Person, bob: Person, sql: Sql
) -> None:
    """The second wall, tried without the first."""
    for person in (ada, bob):
        person.send(person.chat(), "needle")
    sql("BEGIN")
    try:
        sql(
            "CREATE OR REPLACE FUNCTION search_query(session uuid, words text) RETURNS tsquery"
            " LANGUAGE sql IMMUTABLE RETURN (words || ':*')::tsquery"
        )
        sql("SELECT set_config('app.session_id', %s, true)", ada.session_id)
        sql("SET LOCAL ROLE app")
        found = sql("SELECT chat_id::text FROM search_chats('need', 0, 50)")
    finally:
        sql("ROLLBACK")
    hers = {chat["id"] for chat in body(ada.get("/chats"))["items"]}
    assert len(found) == 2
    assert {chat for (chat,) in found} == hers


def test_the_worst_that_can_be_searched_for_takes_a_moment(ada: Person, sql: Sql) -> None:
    """Sixty words, each of them in fifty long texts, and one at the end only."""
    words = [f"{a}{b}" for a in "abcdefgh" for b in "stuvwxyz"]
    ada.chat()
    sql(
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, n, 'user', %s FROM chats, generate_series(1, 50) AS n",
        " ".join(words) + " x" * 15_000 + " needle",
    )
    began = time.monotonic()
    hits = ada.search(" ".join([*words[:60], "needle"]), limit=50)
    assert time.monotonic() - began < 5
    assert len(hits) == 50
    assert all("needle" in hit["snippet"] for hit in hits)
