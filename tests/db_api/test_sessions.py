"""Sessions begin, have a name or none, are renewed, and are forgotten."""

from datetime import datetime, timedelta

import pytest

from tests.db_api.api import NOWHERE, Api, Person, body, problem, reasons
from tests.db_api.conftest import TABLES, ServeCopy, Sql
from tests.db_api.documents import keep_document, quote_document, send_picture

CURRENT = "/sessions/current"


def lifetime(session: dict[str, str]) -> timedelta:
    begin, end = (datetime.fromisoformat(session[name]) for name in ("last_seen_at", "expires_at"))
    return end - begin


def test_a_session_lives_for_its_days_which_start_again_when_it_is_renewed(
    ada: Person, sql: Sql
) -> None:
    session = body(ada.get(CURRENT))
    assert (lifetime(session), session["created_at"][-1]) == (timedelta(days=90), "Z")
    sql("UPDATE sessions SET expires_at = now() + interval '1 day'")
    renewed = body(ada.post(f"{CURRENT}/renew"))
    assert lifetime(renewed) == timedelta(days=90)
    assert renewed["last_seen_at"] > renewed["created_at"] == session["last_seen_at"]


def test_a_session_may_be_named_and_renamed(api: Api) -> None:
    for new in (None, {}, {"name": None}):
        assert body(api.http.post("/sessions", json=new), 201)["name"] is None
    session = body(api.http.post("/sessions", json={"name": " Ada "}), 201)
    assert session["name"] == "Ada"
    ada = Person(api.http, session["id"])
    renamed = session | {"name": "Ada L."}
    assert body(ada.patch(CURRENT, name="Ada L.")) == renamed == body(ada.get(CURRENT))
    assert body(ada.patch(CURRENT, name=None))["name"] is None
    assert body(ada.patch(CURRENT)) == body(ada.get(CURRENT)), "nothing named, nothing changed"


def test_a_forgotten_session_leaves_nothing(
    api: Api, ada: Person, bob: Person, chat: str, running: str, sql: Sql
) -> None:
    his = bob.chat(opening="Hello")
    ada.send(chat)
    for person in (ada, bob):
        person.make_token()
    keep_document(sql, his)
    document = keep_document(sql, chat).document
    quote_document(sql, running, document)
    send_picture(sql, running, document)
    api.store(running, "Once")
    ada.delete(f"/chats/{ada.chat()}")
    assert ada.delete(CURRENT).status_code == 204
    columns = {table: "id" if table == "sessions" else "session_id" for table in TABLES}
    left = {t: sql(f"SELECT DISTINCT {column}::text FROM {t}") for t, column in columns.items()}
    # He had no reply.
    his_tables = set(TABLES) - {"replies", "reply_passages", "quotes", "message_pictures"}
    assert left == {t: [(bob.session_id,)] if t in his_tables else [] for t in TABLES}
    assert api.store(running, " upon", 4)["held"] is False
    problem(api.post_finish(running, "late"), 409, "lease-lost")
    assert len(bob.messages(his)) == 1


def test_ending_a_session_stops_its_replies_and_leaves_nothing_to_reach(
    api: Api, ada: Person, bob: Person, chat: str, running: str, sql: Sql
) -> None:
    deleted, queued = ada.chat(), ada.send(chat)
    ada.send(deleted)
    ada.delete(f"/chats/{deleted}")
    his = bob.send(bob.chat())
    api.store(running, "Once")
    assert ada.post(f"{CURRENT}/end").status_code == 204
    assert api.store(running, " upon", 4)["stop_requested"] is True
    found = sql("SELECT message_id::text, state FROM replies WHERE chat_id <> %s", deleted)
    assert set(found) == {(running, "running"), (queued, "stopped"), (his, "queued")}
    problem(ada.get(f"/chats/{chat}"), 401, "session-ended")
    assert len(bob.chats()) == 1


@pytest.mark.parametrize("how", ["unknown", "forgotten", "expired", "ended"])
def test_a_session_that_is_over_is_answered_like_one_that_never_was(
    ada: Person, sql: Sql, chat: str, how: str
) -> None:
    if how == "forgotten":
        ada.delete(CURRENT)
    if how == "ended":
        ada.post(f"{CURRENT}/end")
    if how == "expired":
        sql("UPDATE sessions SET expires_at = now() - interval '1 second'")
    person = Person(ada.http, NOWHERE) if how == "unknown" else ada
    for answer in (
        person.get(CURRENT),
        person.get("/chats"),
        person.get(f"/chats/{chat}"),
        person.post(f"{CURRENT}/renew"),
        person.post(f"{CURRENT}/end"),
        person.patch(CURRENT, name="Ada"),
        person.delete(CURRENT),
    ):
        problem(answer, 401, "session-ended")


def test_forgetting_may_take_longer_than_a_statement_usually_may(
    ada: Person, chat: str, sql: Sql, serve_copy: ServeCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does when there are years of chats."""
    sql(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.6); RETURN OLD; END $$"
    )
    sql("CREATE TRIGGER dawdle BEFORE DELETE ON chats FOR EACH ROW EXECUTE FUNCTION dawdle()")
    monkeypatch.setattr("app.db.transactions.STATEMENT_TIMEOUT_MS", 300)
    try:
        with serve_copy() as impatient:
            assert ada.at(impatient).delete(CURRENT).status_code == 204
    finally:
        sql("DROP FUNCTION dawdle CASCADE")
    assert sql("SELECT count(*) FROM chats WHERE id = %s", chat) == [(0,)]


@pytest.mark.parametrize("given", ["", "x", "123", "0" * 33, "'; DROP TABLE chats; --"])
def test_an_empty_or_malformed_session_id_is_named(api: Api, given: str) -> None:
    reason = "invalid" if given else "missing"
    assert reasons(Person(api.http, given).get("/chats")) == [("X-Session-ID", reason)]
