"""Tokens: made, listed, used and revoked; each acts for its session and nobody else's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from tests.db_api.api import Api, Person, body, problem, reasons
from tests.db_api.conftest import Sql
from tests.support.waiting import wait_until


def use(api: Api, token: str) -> httpx.Response:
    return api.http.post(f"/tokens/{token}/use")


def days(token: dict[str, str]) -> timedelta:
    begin, end = (datetime.fromisoformat(token[name]) for name in ("created_at", "expires_at"))
    return end - begin


def test_a_token_acts_for_the_session_that_made_it(api: Api, ada: Person, bob: Person) -> None:
    hers = ada.make_token(name=" My editor ", scopes=["read", "chat", "read"], days=7)
    his = bob.make_token(scopes=["documents"])
    assert (hers["name"], hers["scopes"], days(hers)) == (
        "My editor",
        ["read", "chat"],
        timedelta(days=7),
    )
    assert days(his) == timedelta(days=90), "unless it is said otherwise"
    assert body(use(api, hers["id"])) == {"session_id": ada.session_id, "scopes": ["read", "chat"]}
    assert body(use(api, his["id"])) == {"session_id": bob.session_id, "scopes": ["documents"]}
    assert [token["id"] for token in ada.tokens()] == [hers["id"]]


def test_the_last_use_is_listed_to_the_minute(api: Api, ada: Person, sql: Sql) -> None:
    token = ada.make_token()["id"]
    assert ada.tokens()[0]["last_used_at"] is None
    use(api, token)
    first = ada.tokens()[0]["last_used_at"]
    use(api, token)
    assert ada.tokens()[0]["last_used_at"] == first is not None
    sql("UPDATE tokens SET last_used_at = last_used_at - interval '61 s'")
    use(api, token)
    assert ada.tokens()[0]["last_used_at"] > first


def test_its_use_counts_as_the_session_s(api: Api, ada: Person, bob: Person, sql: Sql) -> None:
    token = ada.make_token()["id"]
    sql(
        "UPDATE sessions SET last_seen_at = now() - interval '25 h',"
        " expires_at = now() + interval '1 day'"
    )
    use(api, token)
    left = sql("SELECT id::text FROM sessions WHERE expires_at > now() + interval '89 days'")
    assert left == [(ada.session_id,)]
    sql("UPDATE sessions SET expires_at = now() + interval '1 day'")
    use(api, token)
    assert sql("SELECT 1 FROM sessions WHERE expires_at > now() + interval '2 days'") == []


@pytest.mark.parametrize("how", ["unknown", "revoked", "expired"])
def test_a_dead_token_is_refused_at_its_next_use(api: Api, ada: Person, sql: Sql, how: str) -> None:
    token, other = (ada.make_token()["id"] for _ in range(2))
    assert use(api, token).is_success
    match how:
        case "unknown":
            token = str(uuid4())
        case "revoked":
            assert ada.delete(f"/tokens/{token}").status_code == 204
            assert [each["id"] for each in ada.tokens()] == [other]
            problem(ada.delete(f"/tokens/{token}"), 404, "token-not-found")
        case "expired":
            sql("UPDATE tokens SET expires_at = now() WHERE id = %s", token)
            assert len(ada.tokens()) == 2, "listed for a day"
    problem(use(api, token), 401, "token-refused")
    assert use(api, other).is_success


@pytest.mark.parametrize("over", ["revoked_at = now()", "expires_at = now()"])
def test_a_token_ends_with_its_session(api: Api, ada: Person, sql: Sql, over: str) -> None:
    token = ada.make_token()["id"]
    sql(f"UPDATE sessions SET {over}")
    problem(use(api, token), 401, "session-ended")
    sql("DELETE FROM sessions")
    problem(use(api, token), 401, "token-refused")


def test_one_revoked_between_two_statements_is_refused(
    api: Api, ada: Person, hold: Callable[..., None], sql: Sql
) -> None:
    token = ada.make_token()["id"]
    hold("UPDATE tokens SET revoked_at = now() WHERE id = %s", token)
    waits = "SELECT 1 FROM pg_locks WHERE NOT granted"
    with ThreadPoolExecutor() as pool:
        used = pool.submit(use, api, token)
        wait_until(lambda: len(sql(waits)) == 1)
        hold("COMMIT")
        problem(used.result(), 401, "token-refused")


def test_somebody_else_s_token_is_not_there(ada: Person, bob: Person) -> None:
    token = ada.make_token()["id"]
    problem(bob.delete(f"/tokens/{token}"), 404, "token-not-found")
    assert (len(ada.tokens()), bob.tokens()) == (1, [])


def test_a_session_has_twenty_tokens_at_most(ada: Person, bob: Person, sql: Sql) -> None:
    for _ in range(18):
        ada.make_token()
    new = {"name": "x", "scopes": ["chat"]}
    with ThreadPoolExecutor(4) as pool:
        made = [*pool.map(lambda _: ada.post("/tokens", new), range(4))]
    refused = [each for each in made if not each.is_success]
    assert len(refused) == 2, "also of those that are made at the same time"
    assert problem(refused[0], 409, "tokens-full")["limit"] == 20
    bob.make_token()
    ada.delete(f"/tokens/{ada.tokens()[0]['id']}")
    sql("UPDATE tokens SET expires_at = now() WHERE id = %s", ada.tokens()[0]["id"])
    for _ in range(2):
        ada.make_token()
    problem(ada.post("/tokens", new), 409, "tokens-full")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "", "missing"),
        ("name", "x" * 81, "too-long"),
        ("name", "a\nb", "control-characters"),
        ("scopes", [], "invalid"),
        ("scopes", ["everything"], "invalid"),
        ("days", 0, "out-of-range"),
        ("days", 91, "out-of-range"),
    ],
)
def test_what_can_t_be_a_token_is_refused(
    ada: Person, field: str, value: object, reason: str
) -> None:
    refused = ada.post("/tokens", {"name": "x", "scopes": ["chat"], field: value})
    assert [(name.split(".")[0], why) for name, why in reasons(refused)] == [(field, reason)]
    assert ada.tokens() == []
