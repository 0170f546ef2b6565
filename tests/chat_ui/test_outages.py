"""When db-api is gone or something unforeseen happens: nothing is lost, and the page says so."""

from collections.abc import Iterator
from typing import cast

import httpx
import pytest
from app.clients.base import DbApi
from app.clients.limits import KEPT_SECONDS, LimitsClient
from app.clients.types import Limits
from app.errors import Unavailable

from tests.chat_ui.conftest import SCRIPT, DbApiServer, StartBriefly, expect, new_browser
from tests.support.person import (
    client_key,
    events,
    generate,
    messages,
    send,
    wait_for,
    wait_until_final,
)
from tests.support.scripted_model import ScriptedModel
from tests.support.waiting import wait_until

FORM = {"prompt": "precious words", "client_key": "kept"}
REFRESH = '<meta http-equiv="refresh"'


@pytest.fixture
def stopped(browser: httpx.Client, chat: str, db_api: DbApiServer) -> Iterator[DbApiServer]:
    """A db-api that has just gone; it is back afterwards."""
    browser.get(chat)
    db_api.kill()
    yield db_api
    db_api.start()


def test_without_db_api_a_page_says_so_and_nothing_is_acknowledged_but_the_text_is_kept(
    browser: httpx.Client, chat: str, stopped: DbApiServer
) -> None:
    for path in ("/", chat, f"{chat}/settings", "/ready"):
        response = browser.get(path)
        expect(response, 503, REFRESH)
        assert response.headers["retry-after"]
    expect(browser.get("/health"), 200)
    page = expect(browser.post(generate(chat), data=FORM), 503, kept="precious words")
    assert REFRESH not in page, "it would throw the text away"
    assert client_key(page) == "kept"
    script = browser.post(generate(chat), data=FORM, headers=SCRIPT)
    assert "<textarea" not in expect(script, 503, 'id="notices"'), "its form is left alone"
    stopped.start()
    assert browser.get("/ready").json() == {"status": "ok"}
    expect(browser.post(generate(chat), data=FORM), 303)
    assert messages(browser.get(chat).text).count("precious words") == 1


def test_a_copy_that_never_heard_of_the_limits_asks_for_a_name_and_keeps_a_long_text(
    serve_chat_ui: StartBriefly, browser: httpx.Client, chat: str, stopped: DbApiServer
) -> None:
    text = "x" * 200_000  # far more than db-api's limit
    with serve_chat_ui(db_api_url=stopped.url) as url, new_browser(url) as newcomer:
        expect(newcomer.get("/"), 200, 'name="username"')
        expect(newcomer.get("/settings"), 200, 'name="name"')
        newcomer.cookies.update(browser.cookies)
        expect(newcomer.post(generate(chat), data=FORM | {"prompt": text}), 503, kept=text)


@pytest.mark.anyio
async def test_limits_are_asked_for_once_and_the_last_ones_known_outlast_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, told = 0.0, [Limits.model_construct(message_bytes=n) for n in (5, 0, 6)]

    class Api:
        async def call(self, *_: object, **__: object) -> Limits:
            if not (limits := told.pop(0)).message_bytes:
                raise Unavailable
            return limits

    monkeypatch.setattr("app.clients.limits.time.monotonic", lambda: now)
    limits = LimitsClient(cast("DbApi", Api()))
    for moment, known, left in ((1, 5, 2), (2, 5, 2), (301, 5, 1), (302, 5, 1), (600, 6, 0)):
        now = moment * KEPT_SECONDS / 300
        assert (await limits.get()).message_bytes == known
        assert len(told) == left


def test_a_reply_survives_an_outage_of_db_api(
    browser: httpx.Client, chat: str, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.text, model.hold_after = "one two three four", 2
    send(browser, chat, "Count")
    wait_for(browser, chat, "one two")
    db_api.kill()
    model.go.set()
    wait_until(lambda: model.running == 0)
    db_api.start()
    assert messages(wait_until_final(browser, chat))[-1] == model.text
    assert len(model.requests) == 1


def test_a_page_that_watches_hears_of_an_outage_and_of_its_end_before_the_reply_ends(
    browser: httpx.Client, chat: str, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.text, model.pace, model.hold_after = "word " * 60, 0.02, 55
    send(browser, chat, "Count")
    told = []
    for event in events(browser, chat, since=2):
        told.append(event)
        if len(told) == 3:
            db_api.kill()
        elif event == ("notice", {"away": True}):
            db_api.start()
        elif event == ("notice", {"away": False}):
            model.go.set()
    assert [data["away"] for name, data in told if name == "notice"] == [True, False]
    assert told[-1][0] == "end"


def test_unforeseen_faults_are_a_page_without_internals(
    newcomer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.routes.home._home", "secret internals")
    response = newcomer.get("/")
    page = expect(response, 500, "Nothing you sent before is lost")
    assert "secret internals" not in page
    assert "not callable" not in page
    assert response.headers["content-security-policy"]
