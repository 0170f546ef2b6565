"""Tokens for programs: their page, and who gets past the door of the API."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import jwt
import pytest
from app.api.middleware import READABLE

from tests.chat_ui.programs import bearer, make_token, refused
from tests.chat_ui.support import (
    ROOT,
    DbApiServer,
    StartBriefly,
    expect,
    new_browser,
    open_chat,
    text_of,
)

PAGE = "/settings/tokens"
HOUR = timedelta(hours=1)


@pytest.fixture
def program(url: str) -> Iterator[httpx.Client]:
    """Without a cookie."""
    with new_browser(url) as client:
        yield client


@pytest.fixture
def key(secrets: Path) -> str:
    return (secrets / "tokens" / "key").read_text().strip()


def test_a_token_is_made_shown_once_listed_and_revoked(
    browser: httpx.Client, chat: str, program: httpx.Client
) -> None:
    assert "You have no tokens." in text_of(expect(browser.get(PAGE), 200))
    token = make_token(browser, "My <editor>", days="7")
    page = text_of(expect(browser.get(PAGE), 200, "My &lt;editor&gt;", "Never used"))
    assert token not in page, "it is shown once"
    assert program.get("/v1/models", headers=bearer(token)).status_code == 200
    page = expect(browser.get(PAGE), 200, "Last used")
    path = page.split(f'action="{PAGE}/')[1].split('"')[0]
    expect(browser.post(f"{PAGE}/{path}"), 303)
    refused(program.get("/v1/models", headers=bearer(token)), 401, "invalid_api_key")
    expect(browser.get(PAGE), 200, "You have no tokens.")
    expect(browser.post(f"{PAGE}/{path}"), 404)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": " "}, "enter a name"),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"days": "91"}, "from 1 to 90, or empty"),
        ({"days": "soon"}, "from 1 to 90, or empty"),
        ({"scopes": "everything"}, "at least one permission"),
    ],
)
def test_what_can_t_be_a_token_is_said_beside_the_field(
    browser: httpx.Client, chat: str, form: dict[str, str], words: str
) -> None:
    typed = {"name": "Editor", "scopes": "chat", "days": "7", **form}
    page = expect(browser.post(PAGE, data=typed), 422, words, "You have no tokens.")
    assert ("Copy it now" in page, f'value="{typed["days"]}"' in page) == (False, True)


def test_more_tokens_than_may_be_are_refused(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    for _ in range(20):
        make_token(browser)
    expect(browser.post(PAGE, data={"name": "x", "scopes": "chat"}), 409, "You have 20 tokens")


def test_tokens_are_their_session_s_own(browser: httpx.Client, chat: str, url: str) -> None:
    make_token(browser, "secret")
    (path,) = {line for line in browser.get(PAGE).text.split('"') if line.endswith("/revoke")}
    with new_browser(url) as stranger:
        expect(stranger.get(PAGE), 404)
        expect(stranger.post(PAGE, data={"name": "x", "scopes": "chat"}), 404)
        open_chat(stranger)
        assert "secret" not in expect(stranger.get(PAGE), 200)
        expect(stranger.post(path), 404)
    crossed = browser.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    expect(crossed, 403)
    expect(browser.get(PAGE), 200, "secret")


@pytest.mark.parametrize("wrong", ["", "Bearer", "Bearer x.y.z", "Basic eDp5", "Bearer é", "x"])
def test_without_a_token_nothing_is_told(program: httpx.Client, wrong: str) -> None:
    headers = [(b"authorization", wrong.encode())] if wrong else []
    for path in ("/v1/models", "/v1/models/any"):
        response = program.get(path, headers=headers)
        refused(response, 401, "invalid_api_key")
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "somebody"},
        {"iss": "somebody"},
        {"jti": "no-id"},
        {"jti": str(uuid4())},
        {"exp": datetime.now(UTC) - HOUR},
        *({name: None} for name in ("aud", "iss", "jti", "exp", "scope")),
    ],
    ids=str,
)
def test_only_what_was_signed_here_for_this_opens(
    browser: httpx.Client,
    chat: str,
    program: httpx.Client,
    key: str,
    change: dict[str, object],
) -> None:
    token = make_token(browser)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert set(claims) == {"exp", "aud", "iss", "jti", "scope"}
    given = {name: value for name, value in (claims | change).items() if value is not None}
    forged = jwt.encode(given, key, "HS256")
    refused(program.get("/v1/models", headers=bearer(forged)), 401, "invalid_api_key")
    again = jwt.encode(claims, key, "HS256")
    assert program.get("/v1/models", headers=bearer(again)).status_code == 200


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_no_other_algorithm_is_believed(
    browser: httpx.Client, chat: str, program: httpx.Client, key: str, algorithm: str
) -> None:
    claims = jwt.decode(make_token(browser), options={"verify_signature": False})
    forged = jwt.encode(claims, "" if algorithm == "none" else key, algorithm)
    refused(program.get("/v1/models", headers=bearer(forged)), 401, "invalid_api_key")
    forged = jwt.encode(claims, "another key" * 9, "HS256")
    refused(program.get("/v1/models", headers=bearer(forged)), 401, "invalid_api_key")


def test_a_token_ends_with_its_session(
    browser: httpx.Client, chat: str, program: httpx.Client
) -> None:
    token = make_token(browser)
    expect(browser.post("/settings/sign-out", data={"sure": "yes"}), 303)
    refused(program.get("/v1/models", headers=bearer(token)), 401, "invalid_api_key", "session")


def test_a_token_opens_no_page_and_a_cookie_no_api(
    browser: httpx.Client, chat: str, program: httpx.Client
) -> None:
    token = make_token(browser)
    for path in (chat, PAGE, "/documents"):
        expect(program.get(path, headers=bearer(token)), 404)
    for path in ("/settings/forget", "/settings/sign-out", PAGE):
        form = {"sure": "yes", "name": "x", "scopes": "chat"}
        expect(program.post(path, data=form, headers=bearer(token)), 404)
    response = browser.get("/v1/models")
    refused(response, 401, "invalid_api_key")
    assert "set-cookie" not in response.headers


def test_the_models_are_listed_as_openai_s_clients_read_them(
    browser: httpx.Client, chat: str, program: httpx.Client
) -> None:
    shown = bearer(make_token(browser))
    response = program.get("/v1/models", headers=shown | {"X-Request-ID": "asked"})
    (model,) = response.json()["data"]
    assert response.json()["object"] == "list"
    assert (model["object"], model["owned_by"]) == ("model", "parley")
    assert response.headers["x-request-id"] == "asked"
    assert program.get(f"/v1/models/{model['id']}", headers=shown).json() == model
    unknown = program.get("/v1/models/other/model", headers=shown)
    refused(unknown, 404, "model_not_found", model["id"])
    assert unknown.headers["x-request-id"]


def test_what_is_not_there_is_said_as_json(program: httpx.Client) -> None:
    refused(program.get("/v1"), 404, None)
    refused(program.get("/v1/nothing"), 404, None)
    refused(program.post("/v1/models"), 405, None)
    refused(program.get("/v1/models", headers={"Host": "chat.example"}), 421, None, "PUBLIC_URL")


def test_another_site_s_page_may_read_answers_only_if_it_is_named(
    program: httpx.Client, db_api: DbApiServer, serve_chat_ui: StartBriefly
) -> None:
    named, other = "https://app.example", "https://other.example"
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-any"}
    for origin in (named, other):
        response = program.options("/v1/models", headers=ask | {"Origin": origin})
        assert "access-control-allow-origin" not in response.headers
    origins = f"{named}, http://localhost:3000"
    with (
        serve_chat_ui(db_api_url=db_api.url, api_origins=origins, runner="off") as url,
        new_browser(url) as there,
    ):
        for origin, allowed in ((named, named), (other, None)):
            before = there.options("/v1/models", headers=ask | {"Origin": origin})
            answer = there.get("/v1/models", headers={"Origin": origin})
            for response in (before, answer):
                assert response.headers.get("access-control-allow-origin") == allowed
                assert "access-control-allow-credentials" not in response.headers, "no cookies"
            readable = answer.headers.get("access-control-expose-headers", "").lower().split(", ")
            assert set(READABLE) == set(readable)
            page = there.get("/", headers={"Origin": origin})
            assert "access-control-allow-origin" not in page.headers, "of pages nothing"


def test_whoever_runs_parley_makes_tokens_for_sessions_of_their_own(
    program: httpx.Client, db_api: DbApiServer, secrets: Path
) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "chat-ui"),
        "DB_API_URL": db_api.url,
        "DB_API_TOKEN_FILE": str(secrets / "db-api" / "token"),
        "TOKEN_KEY_FILE": str(secrets / "tokens" / "key"),
    }

    def make(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "app.make_token", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    sessions = "SELECT count(*) FROM sessions"
    before = db_api.sql(sessions)
    made = make("Backup", "--days", "3", "--scopes", "chat,read")
    assert program.get("/v1/models", headers=bearer(made.stdout.strip())).status_code == 200
    assert db_api.sql(sessions) == before + 1
    kept = "SELECT s.name || t.name FROM tokens t JOIN sessions s ON s.id = session_id"
    assert db_api.sql(f"{kept} WHERE scopes = '{{chat,read}}'") == "BackupBackup"
    for wrong in (("--days", "91"), ("--scopes", "all")):
        refusal = make("Backup", *wrong)
        assert (refusal.returncode, refusal.stdout) == (1, "")
    assert db_api.sql(sessions) == before + 1, "and no session is left of that"
