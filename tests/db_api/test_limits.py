"""What is accepted: db-api owns every rule about input, tells it, and says why it refuses."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.db_api.api import Person, body, problem, reasons
from tests.db_api.conftest import ServeCopy

Give = Callable[[Person, str, Any], httpx.Response]
"""What a person gives, for a chat."""


def change(field: str) -> Give:
    return lambda person, chat, value: person.patch(f"/chats/{chat}", **{field: value})


def set_default(field: str) -> Give:
    return lambda person, _, value: person.patch("/sessions/current", **{field: value})


LINES: list[tuple[str, Give]] = [
    ("username", lambda p, _, text: p.post("/chats", {"username": text, "system_prompt": ""})),
    ("name", lambda p, _, text: p.post("/sessions", {"name": text})),
    ("name", lambda p, _, text: p.patch("/sessions/current", name=text)),
    ("title", change("title")),
]
# One line of a page, and why it is refused.
RULE = {
    "": "missing",
    " \t\n": "missing",
    " \u3000\x85\u00a0": "missing",
    "\u115f\u3164\u200d\u2800\ufeff": "missing",
    "x" * 81: "too-long",
    "two\nlines": "control-characters",
    "bell\x07": "control-characters",
    "NUL\0": "control-characters",
    "turned \u202eround": "control-characters",
    "turned \u2067round": "control-characters",
    7: "invalid",
    "x" * 80: None,
    " \t" + "é\u200d😀!" * 20 + "\n": None,
    "Grüße 世界 e\u0301 \u200f.": None,
}


@pytest.mark.parametrize(("field", "give"), LINES)
def test_names_and_titles_follow_one_rule(ada: Person, chat: str, field: str, give: Give) -> None:
    answers = {text: give(ada, chat, text) for text in RULE}
    refused = {text: reasons(a)[0] for text, a in answers.items() if not a.is_success}
    assert refused == {text: (field, reason) for text, reason in RULE.items() if reason}
    kept = {text: a.json()[field] for text, a in answers.items() if a.is_success}
    assert kept == {text: str(text).strip() for text, reason in RULE.items() if not reason}


# What a message may begin with, or a document be called.
TITLED = [
    *("x" * 200, f"{'x' * 78} yz", "👩\u200d🚀" * 60, "é\u0301" * 100, "\u200b" * 90 + "word"),
    *("bell\x07, \x9btab\tand\x85more", "\u202eturned\u2069", "\u200b\n \u2028\nTwo", "<|im_end|>"),
]


@pytest.mark.parametrize("text", TITLED)
@pytest.mark.parametrize("by", ["message", "document"])
def test_a_title_that_nobody_typed_is_one_that_could_have_been(
    ada: Person, chat: str, by: str, text: str
) -> None:
    """Else a form that shows it would refuse it."""
    if by == "message":
        ada.send(chat, text)
    else:
        ada.upload(b"x", name=text, chat=chat)
    title = ada.read(chat)["title"]
    assert ada.change(chat, title=title)["title"] == title


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("title", f" {'é' * 10_000} ", {"reason": "too-long", "size": 10_000, "limit": 80}),
        ("title", None, {"reason": "invalid"}),
        ("pinned", None, {"reason": "invalid"}),
        ("pinned", "perhaps", {"reason": "invalid"}),
        ("system_prompt", "é" * 8001, {"reason": "too-long", "size": 8001, "limit": 8000}),
        ("system_prompt", "NUL\0", {"reason": "invalid"}),
        ("system_prompt", None, {"reason": "invalid"}),
        ("temperature", -0.01, {"reason": "out-of-range", "least": 0, "most": 2}),
        ("temperature", 2.01, {"reason": "out-of-range", "least": 0, "most": 2}),
        ("temperature", "warm", {"reason": "invalid"}),
        ("reply_tokens", 0, {"reason": "out-of-range", "least": 1, "most": 2048}),
        ("reply_tokens", 2049, {"reason": "out-of-range", "least": 1, "most": 2048}),
        ("reply_tokens", 1.5, {"reason": "invalid"}),
        ("turns", 0, {"reason": "out-of-range", "least": 1, "most": 1000}),
        ("turns", 1001, {"reason": "out-of-range", "least": 1, "most": 1000}),
    ],
)
def test_a_refused_change_says_why_and_changes_nothing(
    ada: Person, chat: str, field: str, value: Any, told: dict[str, Any]
) -> None:
    before = ada.read(chat)
    answer = ada.patch(f"/chats/{chat}", **({"title": "Good", "pinned": True} | {field: value}))
    (error,) = problem(answer, 422, "invalid-input")["errors"]
    assert error.pop("message")
    assert error == {"field": field} | told
    assert "é" not in answer.text, "what was written is not repeated"
    assert ada.read(chat) == before


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("username", None, "invalid"),
        ("system_prompt", "x" * 8001, "too-long"),
        ("system_prompt", None, "invalid"),
        ("opening_message", "x" * 8001, "too-long"),
        ("opening_message", "A\0", "invalid"),
    ],
)
def test_a_chat_with_a_bad_field_is_not_created(
    ada: Person, field: str, value: Any, reason: str
) -> None:
    new = {"username": "Ada", "system_prompt": "", "opening_message": None} | {field: value}
    assert reasons(ada.post("/chats", new)) == [(field, reason)]
    assert ada.chats() == []


def test_what_is_no_number_is_no_temperature(ada: Person, chat: str) -> None:
    for raw in ("NaN", "Infinity", "-Infinity", "1e400"):
        answer = ada.send_raw("PATCH", f"/chats/{chat}", f'{{"temperature": {raw}}}')
        assert reasons(answer)[0][0] == "temperature"
    for tiny in (1e-50, 1e-320, 5e-324):
        assert ada.change(chat, temperature=tiny)["temperature"] == 0, "too small to store"


def rename(person: Person, chat: str, name: Any) -> httpx.Response:
    return person.patch(f"/documents/{person.upload(b'Hi', chat=chat)['id']}", name=name)


def make_token(person: Person, _: str, days: Any) -> httpx.Response:
    return person.post("/tokens", {"name": "x", "scopes": ["chat"], "days": days})


def test_the_limits_told_are_the_ones_enforced(
    ada: Person, chat: str, serve_copy: ServeCopy
) -> None:
    enforced: dict[str, tuple[Give, Callable[[int], Any]]] = {
        "name_characters": (LINES[0][1], "x".__mul__),
        "title_characters": (change("title"), "x".__mul__),
        "system_prompt_characters": (change("system_prompt"), "x".__mul__),
        "temperature": (change("temperature"), int),
        "reply_tokens": (change("reply_tokens"), int),
        "turns": (change("turns"), int),
        "token_days": (make_token, int),
        "document_bytes": (lambda p, _, size: p.post("/files", {"size": size}), int),
        "document_name_characters": (rename, "x".__mul__),
        "message_bytes": (lambda p, chat, text: p.post_message(chat, text), "x".__mul__),
    }
    assert body(ada.http.get("/limits")) == {
        "name_characters": 80,
        "title_characters": 80,
        "system_prompt_characters": 8000,
        "message_bytes": 32_768,
        "reply_tokens": 2048,
        "temperature": 2,
        "context_tokens": 4096,
        "document_bytes": 25_000_000,
        "document_name_characters": 200,
        "document_pages": 1000,
        "documents_bytes": 200_000_000,
        "turns": 1000,
        "token_days": 90,
        "streams": 2**31 - 1,
    }
    with serve_copy(
        message_limit=50, lm_max_tokens=70, lm_context=512, document_limit=90, document_pages=9
    ) as api:
        told = body(api.http.get("/limits"))
        assert told.pop("context_tokens") == 512, "which is the model's affair"
        assert (told.pop("document_pages"), told.pop("documents_bytes")) == (9, 200_000_000)
        assert told.pop("streams") == 2**31 - 1, "which chat-ui counts"
        assert set(told) == set(enforced)
        assert (told["message_bytes"], told["reply_tokens"]) == (50, 70)
        for name, (give, make) in enforced.items():
            most = int(told[name])
            assert give(ada.at(api), chat, make(most)).is_success, name
            assert give(ada.at(api), chat, make(most + 1)).status_code in (413, 422), name
        for name in ("system_prompt_characters", "temperature", "reply_tokens", "turns"):
            give, make = set_default(name.removesuffix("_characters")), enforced[name][1]
            assert give(ada.at(api), chat, make(int(told[name]))).is_success, name
            assert give(ada.at(api), chat, make(int(told[name]) + 1)).status_code == 422, name


@pytest.mark.parametrize(
    ("path", "field", "least", "most"),
    [
        ("/chats", "limit", 1, 200),
        ("/chats/deleted", "limit", 1, 200),
        ("/chats/{chat}/messages", "limit", 1, 200),
        ("/chats/{chat}/messages/all", "limit", 1, 200),
        ("/chats/{chat}/messages/all", "after", 0, 2**31 - 1),
        ("/chats/{chat}/page", "limit", 1, 200),
        ("/chats/{chat}/page", "beside", 1, 200),
        ("/chats/{chat}/follow", "since", 0, 2**31 - 1),
        ("/chats/{chat}/follow", "wait", 0, 25),
        ("/documents", "limit", 1, 1000),
        ("/search", "limit", 1, 50),
        ("/search", "offset", 0, 1000),
    ],
)
def test_a_number_beyond_its_limits_is_refused(
    ada: Person, chat: str, path: str, field: str, least: int, most: int
) -> None:
    for number in (least - 1, most + 1):
        answer = ada.get(path.format(chat=chat), **{"q": "x", field: number})
        assert reasons(answer) == [(field, "out-of-range")]


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", "/sessions", "name"),
        ("PATCH", "/chats/{chat}", "title"),
        ("PATCH", "/chats/{chat}", "system_prompt"),
        ("POST", "/chats/{chat}/messages", "client_key"),
    ],
)
def test_half_a_surrogate_pair_is_refused(
    ada: Person, chat: str, method: str, path: str, field: str
) -> None:
    answer = ada.send_raw(method, path.format(chat=chat), rf'{{"{field}": "x\ud800"}}')
    assert (field, "invalid") in reasons(answer)
