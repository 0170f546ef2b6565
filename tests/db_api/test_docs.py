"""The Swagger page works offline, under a strict policy, and says everything there is to know."""

import re
from typing import Any

import pytest

from tests.db_api.api import Api, body

PAGE_FILES = {"swagger-ui.css", "swagger-ui-bundle.js", "docs.js", "favicon-32x32.png"}
PROBLEM = {"$ref": "#/components/schemas/Problem"}


@pytest.fixture
def document(api: Api) -> Any:
    return body(api.http.get("/openapi.json"))


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_page_loads_from_here_alone_with_nothing_inline(api: Api) -> None:
    page = api.http.get("/docs")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "//" not in re.sub(r"<!.*?>", "", page.text)
    assert re.findall(r"<script>|<style|style=|onload=", page.text) == []
    assert set(re.findall(r'(?:src|href)="docs/([^"]+)"', page.text)) <= PAGE_FILES
    assert {api.http.get(f"/docs/{name}").status_code for name in PAGE_FILES} == {200}


def test_every_operation_says_what_it_does_and_what_can_go_wrong(document: Any) -> None:
    for path, method, operation in operations(document):
        name = f"{method} {path}"
        responses = operation["responses"]
        good = [r for status, r in responses.items() if status.startswith("2")]
        assert all((operation["summary"], operation["tags"], good)), name
        assert all("application/json" in r.get("content", {}) for r in good) or "204" in responses
        if path in ("/health", "/ready"):
            continue
        assert operation["security"], name
        assert {"401", "422", "503"} <= responses.keys(), name
        assert "{" not in path or responses.keys() & {"404", "409"}, name
        for status, response in responses.items():
            if not status.startswith("2"):
                content = response["content"]["application/problem+json"]
                assert content["schema"] == PROBLEM
                assert content["examples"], f"{name} {status}"


def test_every_reference_leads_somewhere(document: Any) -> None:
    references = re.findall(r"'#/components/schemas/(\w+)'", str(document))
    assert set(references) == set(document["components"]["schemas"])


def test_authorize_offers_the_token_and_the_session(document: Any) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {s["type"] for s in schemes.values()} == {"http", "apiKey"}
    assert schemes["Session"]["name"] == "X-Session-ID"
    (send,) = [o for p, m, o in operations(document) if (p, m) == ("/chats", "post")]
    assert {name for need in send["security"] for name in need} == set(schemes)


def test_bodies_have_examples_that_the_api_accepts(document: Any, api: Api) -> None:
    ada = api.person()
    schemas = document["components"]["schemas"]
    example = {name: s["examples"][0] for name, s in schemas.items() if "examples" in s}
    chat = body(ada.post("/chats", example.pop("NewChat")), 201)["id"]
    body(ada.post(f"/chats/{chat}/messages", example.pop("NewMessage")), 201)
    ada.change(chat, **example.pop("ChatChanges"))
    body(ada.patch("/sessions/current", **example.pop("SessionChanges")))
    body(api.http.post("/sessions", json=example.pop("NewSession")), 201)
    claim = body(api.http.post("/replies/claim", json=example.pop("WorkerName")))
    body(api.http.post("/replies/progress", json=example.pop("ProgressRequest")))
    finish = f"/replies/{claim['reply']['id']}/finish"
    body(api.http.post(finish, json=example.pop("FinishRequest")))
    assert example == {}, "no example is left untried"
