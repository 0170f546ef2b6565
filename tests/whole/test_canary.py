"""What people write is in no log, no metric and no core of any service, whatever goes wrong.

A word is sent through every route, in every field that it has, once while all is well and once for
each service that is down; and by somebody whose session has ended.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from local.stack import ROOT
from local.supervision import Supervisor, socket_path
from tests.support.local_stack import SMALL_MODEL, LocalStack
from tests.support.operations import Operation, read_operations
from tests.support.pages import articles
from tests.support.person import ask, message_ids, open_chat, send

CANARY = "kanarienvogel"
SENTENCE = f'The {CANARY} sings at midnight; \'tis "true" \\ <b>&'
# What ends the rest comes last.
LAST = ("/delete", "/remove", "/revoke", "/sign-out", "/forget")
ENDLESS = ("/events", "/live")


@dataclass
class Call:
    """A request that says the word wherever there is room for it."""

    path: str
    operation: Operation

    def is_last(self) -> bool:
        """Whether others would find nothing after it."""
        return self.operation.method == "delete" or self.path.endswith(LAST)

    def variants(self) -> Iterator[dict[str, Any]]:
        """As it is meant first, then badly made."""
        operation = self.operation
        query, fields = operation.names("query"), operation.names("body")
        if operation.method == "get":
            yield {"params": dict.fromkeys(query, SENTENCE)}
            for name in query:
                yield {"params": {name: SENTENCE}}
            return
        if operation.media == "application/json":
            yield {"json": dict.fromkeys(fields, SENTENCE)}
            texts = [name for name in ("prompt", "title", "name") if name in fields]
            yield {"json": dict.fromkeys(texts, SENTENCE)}
            messages = [{"role": "user", "content": SENTENCE}]
            yield {"json": {"model": SMALL_MODEL, "messages": messages, "max_tokens": 3}}
            yield {"content": f"{{{CANARY}".encode()}
            return
        form = dict.fromkeys(fields, SENTENCE)
        if operation.media == "multipart/form-data":
            for ending in ("txt", "exe"):
                yield {"data": form, "files": {"files": (f"{CANARY}.{ending}", SENTENCE.encode())}}
        required = operation.names("body", required=True)
        yield {"data": dict.fromkeys([*required, "client_key"], SENTENCE)}
        yield {"data": form}
        yield {"data": dict.fromkeys(fields, SENTENCE * 2000)}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        broken = "&".join(f"{name}={CANARY}%00%ff" for name in fields)
        yield {"content": broken.encode(), "headers": kind}


def read_calls(api: dict[str, Any], ids: dict[str, str]) -> list[Call]:
    """Every operation there is. A path with an id that `ids` doesn't have is a KeyError: add it."""
    calls = [Call(each.path.format(**ids), each) for each in read_operations(api)]
    return sorted(calls, key=Call.is_last)


def make_call(browser: httpx.Client, call: Call, request: dict[str, Any]) -> str:
    """What the answer says of itself."""
    with browser.stream(call.operation.method, call.path, **request) as answer:
        assert answer.status_code != 429, f"nobody has looked at {call.path}"
        if call.path.endswith(ENDLESS):
            next(answer.iter_raw(), b"")
        else:
            answer.read()
        return str(answer.headers.get("server-timing", ""))


def make_calls(browser: httpx.Client, calls: list[Call], *, badly: bool) -> str:
    """All of them; what the answers say of themselves."""
    told = ""
    for call in calls:
        for number, request in enumerate(call.variants()):
            if number and not badly:
                break
            headers = request.pop("headers", {}) | {"User-Agent": CANARY}
            headers["Referer"] = f"{browser.base_url}/search?q={CANARY}"
            request["headers"] = headers
            try:
                told += make_call(browser, call, request)
            except httpx.TransportError as error:
                error.add_note(f"{call.operation.method} {call.path}, variant {number}")
                raise
    return told


def test_what_people_write_is_in_no_log(parley: LocalStack, browser: httpx.Client) -> None:
    parley.wait_until_model_is_ready()
    chat = open_chat(browser, CANARY)
    ask(browser, chat, SENTENCE)
    document = ("files", (f"{CANARY}.txt", SENTENCE.encode()))
    browser.post(f"{chat}/documents", files=[document])
    page = browser.get(chat).text
    assert CANARY in articles(page)[-2].text
    scopes = ["chat", "read", "documents"]
    token = {"name": CANARY, "scopes": scopes, "days": "90"}
    tokens = browser.post("/settings/tokens", data=token).text
    browser.headers["Authorization"] = "Bearer " + re.findall(r"eyJ[\w.-]+", tokens)[0]
    _, reply = message_ids(page)[-2:]
    kept = re.findall(r"/documents/([0-9a-f-]{36})", page)[0]
    question = {"model": SMALL_MODEL, "input": SENTENCE, "instructions": SENTENCE}
    response = browser.post("/v1/responses", json=question, timeout=120).json()["id"]
    ids = {
        **{"chat_id": chat.rpartition("/")[2], "message_id": reply, "reply_id": reply},
        **{"document_id": kept, "recording_id": kept, "system": "linux"},
        **{"model": SMALL_MODEL, "number": "1"},
        "response_id": response,
        "token_id": re.findall(r"/tokens/([0-9a-f-]{36})", tokens)[0],
    }
    calls = read_calls(browser.get("/openapi.json").json(), ids)
    assert len(calls) > 40
    kept_calls = [call for call in calls if not call.is_last()]
    told = ""
    supervisor = Supervisor(socket_path(parley.stack))
    for service in ("lm-api", "chat-ui", "db-api", "db"):
        supervisor.stop(service)
        try:
            send(browser, chat, SENTENCE) if service == "lm-api" else None
            told += make_calls(browser, kept_calls, badly=False)
        finally:
            supervisor.start(service)
        parley.wait(parley.answers)
        parley.wait(lambda: browser.get("/").is_success)
    cookie = dict(browser.cookies)
    told += make_calls(browser, calls, badly=True)
    browser.cookies.update(cookie)
    told += make_calls(browser, calls, badly=True)
    for service in ("lm-api", "chat-ui"):
        key = (parley.home / "secrets" / "lm-api" / "key").read_text().strip()
        for path in ("/metrics", "/health", "/ready"):
            asked = f"http://127.0.0.1:{parley.ports[service]}{path}"
            told += httpx.get(asked, headers={"Authorization": f"Bearer {key}"}).text
    logs = {log.name: log.read_text(errors="replace") for log in parley.stack.logs.iterdir()}
    assert "ERROR" in logs["db.log"]
    logs |= {"terminal": parley.output(), "told": told}
    found = {
        name: [line for line in log.splitlines() if CANARY in line.lower()]
        for name, log in logs.items()
    }
    assert not {name: lines[:3] for name, lines in found.items() if lines}
    assert not [
        core for place in (parley.home, ROOT) for core in place.glob("*/core*") if core.is_file()
    ]
