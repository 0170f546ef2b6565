"""`/api`: what can't be done is refused as OpenAI's clients read it, and by its name; what is
somebody else's is as what isn't there."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from app.api.words import find_words
from app.errors import REFUSALS
from app.views.problems import KINDS

from tests.chat_ui.documents import file, upload
from tests.chat_ui.own import get, read, say
from tests.chat_ui.programs import SCOPES, bearer, make_token, refused
from tests.chat_ui.support import DbApiServer, ScriptedModel, new_browser
from tests.chat_ui.test_conventions import FACTS
from tests.support.operations import Operation, read_operations

BAD_IDS = ["x", "0", "%00", "%2e%2e", "1e3", "'--", "é", "a" * 5000]
NEW: list[tuple[dict[str, Any], str]] = [
    ({"prompt": None}, "prompt"),
    ({"prompt": 7}, "prompt"),
    ({"prompt": ["x"]}, "prompt"),
    ({"prompt": ""}, "prompt"),
    ({"prompt": " \n"}, "prompt"),
    ({"prompt": "a\0b"}, "prompt"),
    ({"prompt": "\ud800"}, "prompt"),
    ({"client_key": 7}, "client_key"),
    ({"client_key": "k" * 300}, "client_key"),
    ({"client_key": "a\0"}, "client_key"),
    ({"client_key": "\udfff"}, "client_key"),
    ({"mode": "fast"}, "mode"),
    ({"replaces": "x"}, "replaces"),
    ({"replaces": 7}, "replaces"),
    ({"seen": True}, "seen"),
    ({"pictures": "x"}, "pictures"),
    ({"pictures": [str(uuid4())] * 5}, "pictures"),
    ({"pictures": [str(uuid4())]}, "pictures"),
    ({"wait": -1}, "wait"),
    ({"wait": 601}, "wait"),
    ({"wait": "long"}, "wait"),
    ({"wait": True}, "wait"),
    ({"stream": 1}, "stream"),
    ({"stream": "yes"}, "stream"),
    ({"worker": "x"}, "worker"),
    ({"made_up": 1}, "made_up"),
    ({"half a pair \ud800": 1}, ""),
]
CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "title"),
    ({"title": None}, "title"),
    ({"title": "x" * 1000}, "title"),
    ({"title": "a\0b"}, "title"),
    ({"title": "a\nb"}, "title"),
    ({"pinned": "yes"}, "pinned"),
    ({"pinned": None}, "pinned"),
    ({"system_prompt": "x" * 30_000}, "system_prompt"),
    ({"temperature": 3}, "temperature"),
    ({"temperature": True}, "temperature"),
    ({"temperature": "hot"}, "temperature"),
    ({"reply_tokens": -1}, "reply_tokens"),
    ({"reply_tokens": 1.5}, "reply_tokens"),
    ({"turns": 0}, "turns"),
    ({"username": "Bob"}, "username"),
    ({"head": str(uuid4())}, "head"),
]


def send(script: httpx.Client, method: str, path: str, body: Any) -> httpx.Response:
    """With what a client's own library may refuse to write."""
    return script.request(method, f"/api{path}", content=json.dumps(body))


@pytest.fixture
def own(script: httpx.Client) -> str:
    """A chat of the program's session."""
    return str(get(script, "/chats", empty=True)["items"][0]["id"])


@pytest.mark.parametrize(("fields", "param"), NEW, ids=lambda case: str(case)[:40])
def test_a_message_that_can_t_be_taken_is_refused_by_name(
    script: httpx.Client, own: str, model: ScriptedModel, fields: dict[str, Any], param: str
) -> None:
    response = send(script, "POST", f"/chats/{own}/messages", {"prompt": "Hi", **fields})
    error = response.json()["error"]
    assert (response.status_code, (error["param"] or "").split(".")[0]) == (400, param), error
    assert param in error["message"]
    assert model.requests == []
    assert len(get(script, f"/chats/{own}/messages")["items"]) == 1


@pytest.mark.parametrize(("fields", "param"), CHANGES, ids=lambda case: str(case)[:40])
def test_a_change_that_can_t_be_made_is_refused_by_name(
    script: httpx.Client, own: str, fields: dict[str, Any], param: str
) -> None:
    before = get(script, f"/chats/{own}")
    response = send(script, "PATCH", f"/chats/{own}", fields)
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, param), error
    assert get(script, f"/chats/{own}") == before


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 100_000, b"null", b"7"])
def test_what_is_no_json_object_is_refused(script: httpx.Client, own: str, content: bytes) -> None:
    for method, path in (("POST", f"/chats/{own}/messages"), ("PATCH", f"/chats/{own}")):
        refused(script.request(method, f"/api{path}", content=content), 400, "invalid_json")
    refused(script.post("/api/chats", content=content), 400, "invalid_json")


def test_what_is_required_is_said(script: httpx.Client, own: str) -> None:
    response = script.post(f"/api/chats/{own}/messages")
    assert refused(response, 400, "missing_required_parameter") == "prompt"


def test_too_much_is_not_read(script: httpx.Client, own: str) -> None:
    for size in (33_000, 1_000_000):
        response = send(script, "POST", f"/chats/{own}/messages", {"prompt": "x" * size})
        refused(response, 413, "request_too_large")


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/chats?limit=0", "limit"),
        ("/chats?limit=201", "limit"),
        ("/chats?limit=x", "limit"),
        ("/chats?empty=perhaps", "empty"),
        ("/chats?before=x", "before"),
        ("/chats?before=%00", "before"),
        ("/search", "q"),
        ("/search?q=", "q"),
        ("/search?q=%20%00", "q"),
        ("/search?q=" + "x" * 201, "q"),
        ("/search?q=x&offset=-1", "offset"),
        ("/search?q=x&offset=1001", "offset"),
        ("/search?q=x&chat=x", "chat"),
        ("/export?format=pdf", "format"),
        ("/chats/{own}/export?format=", "format"),
        ("/chats/{own}/messages?limit=201", "limit"),
        ("/chats/{own}/messages?before=x", "before"),
        ("/chats/{own}/messages?at=%00", "at"),
        ("/chats/{own}/replies/{own}?wait=601", "wait"),
        ("/chats/{own}/replies/{own}?wait=nan", "wait"),
    ],
)
def test_a_query_that_can_t_be_taken_is_refused_by_name(
    script: httpx.Client, own: str, path: str, param: str
) -> None:
    response = script.get(f"/api{path.format(own=own)}")
    code = response.json()["error"]["code"]
    assert refused(response, 400, code) == param


def list_operations(script: httpx.Client) -> list[Operation]:
    """All of `/api`."""
    found = read_operations(script.get("/openapi.json").json())
    return [each for each in found if each.path.startswith("/api/")]


def ask_for(script: httpx.Client, operation: Operation, ids: dict[str, str]) -> httpx.Response:
    """With a body in which nothing is wrong."""
    bodies = {"prompt": "Hi", "title": "Hers", "name": "x", "message_id": ids["message_id"]}
    wanted = set(operation.names("body"))
    body = {name: value for name, value in bodies.items() if name in wanted}
    path = operation.path.format(**ids)
    if "files" in wanted:
        return upload(script, path, file("x.txt"))
    params = {"q": "Hi"} if "q" in operation.names("query") else {}
    return script.request(operation.method, path, json=body, params=params)


@pytest.fixture
def hers(script: httpx.Client) -> dict[str, str]:
    """Ids of what Ann has, by the names of parameters."""
    sent = say(script, "Her words")
    reply, where = sent["reply"]["id"], f"/api/chats/{sent['chat_id']}/documents"
    (document,) = read(upload(script, where, file("hers.txt")), 201)["items"]
    return {
        **{"chat_id": sent["chat_id"], "message_id": reply, "reply_id": reply},
        **{"document_id": document["id"], "number": "1"},
    }


@pytest.fixture
def stranger_s(stranger: httpx.Client, url: str) -> Iterator[httpx.Client]:
    """A program of somebody else's."""
    with new_browser(url) as client:
        client.headers.update(bearer(make_token(stranger, scopes=SCOPES)))
        yield client


def test_what_is_somebody_else_s_is_as_what_is_not_there(
    script: httpx.Client, stranger_s: httpx.Client, hers: dict[str, str]
) -> None:
    nothing = {name: str(uuid4()) for name in hers} | {"number": "1"}
    before = script.get(f"/api/chats/{hers['chat_id']}/export").text
    asked = [each for each in list_operations(script) if "{" in each.path]
    assert len(asked) > 20
    for operation in asked:
        answers = [ask_for(stranger_s, operation, ids) for ids in (hers, nothing)]
        for answer in answers:
            refused(answer, 404, "not_found")
        assert answers[0].content == answers[1].content, operation
    assert script.get(f"/api/chats/{hers['chat_id']}/export").text == before
    assert "Her words" not in stranger_s.get("/api/export").text
    assert len(get(script, "/documents")["items"]) == 1
    assert get(stranger_s, "/documents")["items"] == []
    assert stranger_s.get("/api/search", params={"q": "Her"}).json()["items"] == []


@pytest.mark.parametrize("bad", BAD_IDS, ids=lambda bad: bad[:8])
def test_a_malformed_id_is_of_nothing(script: httpx.Client, hers: dict[str, str], bad: str) -> None:
    for operation in list_operations(script):
        for name in set(operation.names("path")) - {"number"}:
            answer = ask_for(script, operation, {**hers, name: bad})
            assert answer.status_code in (404, 405), (operation, answer.text)
            assert set(answer.json()) == {"error"}


def test_without_a_good_token_nothing_is_told(
    browser: httpx.Client, script: httpx.Client, hers: dict[str, str], db_api: DbApiServer
) -> None:
    operations = list_operations(script)
    wrongs: list[dict[str, str]] = [{}, bearer("x.y.z"), {"Authorization": "Basic eDp5"}]
    for wrong in wrongs:
        for operation in operations:
            # The cookie is nothing here.
            browser.headers.pop("authorization", None)
            browser.headers.update(wrong)
            refused(ask_for(browser, operation, hers), 401, "invalid_api_key")
    for over in ("expires_at = now() - interval '1 second'", "revoked_at = now()"):
        db_api.sql(f"UPDATE tokens SET {over}")
        for operation in operations:
            refused(ask_for(script, operation, hers), 401, "invalid_api_key")


def test_no_page_of_another_site_is_needed_to_be_kept_away(script: httpx.Client, own: str) -> None:
    """There is no cookie that it could misuse."""
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    answer = script.patch(f"/api/chats/{own}", json={"title": "x"}, headers=headers)
    assert read(answer, 200)["title"] == "x"
    assert "access-control-allow-origin" not in answer.headers


def test_what_is_not_there_is_said_as_json(script: httpx.Client) -> None:
    refused(script.get("/api"), 404, None)
    refused(script.get("/api/nothing"), 404, None)
    refused(script.put("/api/chats"), 405, None)
    refused(script.get("/api/chats", headers={"Host": "chat.example"}), 421, None, "PUBLIC_URL")


@pytest.mark.parametrize("kind", sorted(KINDS | REFUSALS))
def test_whatever_a_page_can_refuse_has_words_for_programs(kind: str) -> None:
    said, param = find_words(kind, FACTS)
    assert "{" not in said
    assert (param is not None) == (kind in REFUSALS)
