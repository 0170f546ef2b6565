"""What a search walks over, an index that takes every text and hands out one session's only; and
the snippets it shows, which stay short whatever the text is."""

from uuid import UUID

import pytest
from app.db.transactions import Database
from app.search import snippets
from app.search.snippets import BEGIN, END, INDEXED, LEAD, MOST_CHARACTERS, make_snippet, mark

from tests.db_api.api import Api, Person
from tests.db_api.conftest import ServeCopy, Sql

NASTY = {
    "one word": "x" * 32_768,
    "many words": " ".join(f"{n:04x}" for n in range(6_553)),
    "all CJK": "".join(chr(0x4E00 + n % 20_000) for n in range(10_922)),
    "compounds": "a-b.c/d@e " * 3_276,
    "words of 2 kB": " ".join(c * 2046 for c in "abcdefghijklmnop"),
    "emoji": "😀" * 8_192,
}
FILLER = "lorem ipsum dolor sit amet " * 40


@pytest.mark.parametrize("content", NASTY.values(), ids=NASTY.keys())
def test_the_nastiest_message_can_be_sent_and_finished(
    api: Api, ada: Person, chat: str, content: str
) -> None:
    api.answer(ada, chat, content, content)
    assert ada.contents(chat) == [content, content]
    assert all(len(hit["snippet"]) < 300 for hit in ada.search(content[:2]))


def test_a_raised_message_limit_breaks_nothing(
    ada: Person, chat: str, serve_copy: ServeCopy
) -> None:
    """A tsvector ends at 1 MB."""
    content = " ".join(f"{n:06x}" for n in range(200_000))
    with serve_copy(message_limit=2_000_000) as large:
        ada.at(large).sent(chat, content)
    assert len(ada.search("000001")) == 2


def test_as_much_of_a_text_is_indexed_as_snippets_know(ada: Person, sql: Sql) -> None:
    ((inside, beyond),) = sql(
        "SELECT 'in' = ANY(split_words(repeat('x', %s) || ' in')),"
        " 'out' = ANY(split_words(repeat('x', %s) || ' out'))",
        INDEXED - 3,
        INDEXED - 3,
    )
    assert (inside, beyond) == (True, False)


def test_with_many_rows_the_search_uses_its_indexes(
    database: Database, ada: Person, bob: Person, sql: Sql
) -> None:
    chat = ada.chat(opening="a needle")
    ada.send(chat)
    ada.change(chat, title="needle")
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
    count = "SELECT sum(idx_scan)::integer FROM pg_stat_user_indexes WHERE indexrelname = "
    scans = []
    for statement in ("SELECT", "SELECT * FROM search_chats('need', 0, 50)"):
        with database.person(UUID(ada.session_id)) as connection:
            found = connection.exec_driver_sql(statement).all()
            # What a connection did is counted when it has had a second of rest, or now.
            connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        scans.append([sql(f"{count} %s", f"{table}_search_idx") for table in ("chats", "messages")])
    assert len(found) == 3
    assert scans[1] == [[(before + 1,)] for ((before,),) in scans[0]]


def test_index_and_comparison_each_keep_to_the_session(ada: Person, bob: Person, sql: Sql) -> None:
    """What others wrote is not even compared with the session, because the index does not hand it
    out. If it did, as with a query that does not ask for the session, it would be left out."""
    chats = [(person, person.chat()) for person in (ada, bob)]
    for person, chat in chats:
        person.send(chat, "needle")
    sql("BEGIN")
    try:
        sql("SET LOCAL enable_seqscan = off")
        ((plans,),) = sql(
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT FROM messages"
            " WHERE search_words(session_id, content) @@ search_query(%s, 'need')",
            ada.session_id,
        )
        scan = plans[0]["Plan"]["Plans"][0]
        assert (scan["Index Name"], scan["Actual Rows"]) == ("messages_search_idx", 1)
        sql(
            "CREATE OR REPLACE FUNCTION search_query(session uuid, words text) RETURNS tsquery"
            " LANGUAGE sql IMMUTABLE RETURN (words || ':*')::tsquery"
        )
        sql("SELECT set_config('app.session_id', %s, true)", ada.session_id)
        sql("SET LOCAL ROLE app")
        assert sql("SELECT chat_id::text FROM search_chats('need', 0, 50)") == [(chats[0][1],)] * 2
    finally:
        sql("ROLLBACK")


def marked(text: str) -> str:
    """With brackets, which can be read."""
    return text.replace(BEGIN, "[").replace(END, "]")


def test_each_hit_is_marked() -> None:
    for text, words, expected in (
        ("The River and rivers", ["river"], "The [River] and [rivers]"),
        ("driver", ["river"], "driver"),
        ("one, two", ["two", "one"], "[one], [two]"),
        ("foobar foo", ["foo", "foobar"], "[foobar] [foo]"),
        ("snake_case", ["case"], "snake_[case]"),
        ("世界你好", ["世", "界"], "[世界]你好"),
        ("a.c abc", ["a"], "[a].c [abc]"),
        ("1+1=2", ["1"], "[1]+[1]=2"),
        (f"{BEGIN}no{END} yes", ["yes"], "no [yes]"),
        ("nothing", [], "nothing"),
        ("", ["x"], ""),
    ):
        assert marked(mark(text, words)) == marked(make_snippet(text, words)) == expected
    assert marked(make_snippet("one\n\n  two\tthree", ["two"])) == "one [two] three"


def test_hits_far_down_or_far_apart_are_shown_with_what_is_around_them() -> None:
    far = marked(make_snippet(FILLER + "here is the needle indeed " + FILLER, ["needle"]))
    assert far[0] == far[-1] == "…"
    assert "here is the [needle] indeed" in far
    apart = marked(
        make_snippet(f"the needle {FILLER} and the thread {FILLER}", ["needle", "thread"])
    )
    first, second = apart.split("… …")
    assert "the [needle]" in first
    assert "the [thread]" in second
    assert max(len(far), len(apart)) <= MOST_CHARACTERS + 8


def test_a_hit_at_the_end_of_a_text_is_near_the_beginning_of_what_is_shown() -> None:
    assert make_snippet(f"{FILLER} at last a needle", ["needle"]).index(BEGIN) <= LEAD + 1


def test_without_a_hit_the_beginning_is_shown() -> None:
    snippet = make_snippet(FILLER, ["needle"])
    assert FILLER.startswith(snippet.rstrip("…"))
    assert 100 < len(snippet) <= MOST_CHARACTERS + 1


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "x " * 50_000, "世" * 30_000, "\ue000" * 100_000 + "x", "a" * 99 + " x"]
)
def test_it_is_short_and_every_mark_is_closed(text: str) -> None:
    snippet = make_snippet(text, ["x", "世"])
    assert len(snippet.replace(BEGIN, "").replace(END, "")) <= MOST_CHARACTERS + 4
    assert snippet.count(BEGIN) == snippet.count(END) > 0
    assert marked(snippet).replace("]", "").count("[") == snippet.count(BEGIN)


def test_a_long_text_is_walked_over_twice_however_many_words_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = [f"{a}{b}" for a in "abcdefgh" for b in "stuvwxyz"]
    text = " ".join(words) + " x" * 15_000 + " needle"
    walked, find_first = [], snippets.find_first

    def count(text: str, words: list[str], within: tuple[int, int] | None = None) -> int | None:
        begin, end = within or (0, len(text))
        walked.append(end - begin)
        return find_first(text, words, within)

    monkeypatch.setattr(snippets, "find_first", count)
    assert "needle" in make_snippet(text, [*words, "needle"])
    assert sum(walked) <= 2 * len(text) + len(walked) * MOST_CHARACTERS
