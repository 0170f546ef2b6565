"""Several copies of chat-ui, and copies with settings of their own: any of them serves any chat."""

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chat_ui.support import (
    ROOT,
    DbApiServer,
    ModelServer,
    Program,
    ScriptedModel,
    Start,
    StartBriefly,
    StartDbApi,
    answers,
    ask,
    events,
    expect,
    free_port,
    messages,
    new_browser,
    open_chat,
    send,
    stop_address,
    wait_for,
    wait_until,
    wait_until_final,
)

INTERRUPTED = "Interrupted. Resuming…"


@pytest.fixture(scope="module")
def db_api(start_db_api: StartDbApi) -> DbApiServer:
    """Of these copies alone."""
    return start_db_api()


@pytest.fixture
def start(
    serve_chat_ui: StartBriefly, db_api: DbApiServer, model: ScriptedModel
) -> Iterator[Start]:
    """Starts a copy of chat-ui that serves until the test ends; returns its address."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            serve_chat_ui(**{"db_api_url": db_api.url, **settings})
        )
        model.go.set()


def test_any_copy_shows_a_reply_live_and_stops_it(start: Start, model: ScriptedModel) -> None:
    model.hold_after = 2
    with new_browser(start()) as writer, new_browser(start(runner="off")) as reader:
        chat, shown, stopped = open_chat(writer), "", None
        reader.cookies.update(writer.cookies)
        send(writer, chat, "Hi")
        for _, data in events(reader, chat, since=2):
            shown += f"{data}"
            if "A scripted" in shown and not stopped:
                stopped = reader.post(stop_address(reader.get(chat).text))
        assert messages(writer.get(chat).text)[-1] == "A scripted"
    assert "Stopped." in shown
    wait_until(lambda: model.running == 0)


def test_a_copy_without_a_runner_leaves_the_reply_to_one_that_has_only_that(
    start: Start, model: ScriptedModel
) -> None:
    with new_browser(start(runner="only")) as runner:
        expect(runner.get("/"), 404)
        expect(runner.get("/health"), 200)
    with new_browser(start(runner="off")) as browser:
        assert messages(ask(browser, open_chat(browser), "Hi"))[-1] == model.text


def test_a_runner_that_shuts_down_hands_its_reply_to_another(
    serve_chat_ui: StartBriefly, start: Start, db_api: DbApiServer, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three four", 2
    with serve_chat_ui(db_api_url=db_api.url) as first, new_browser(first) as browser:
        chat, cookies = open_chat(browser), browser.cookies
        send(browser, chat, "Count")
        wait_for(browser, chat, "one two")
    state = f"SELECT state FROM replies WHERE chat_id = '{chat.removeprefix('/chats/')}'"
    assert db_api.sql(state) == "queued", "nobody has to wait for its lease to run out"
    with new_browser(start(runner="off"), cookies) as another:
        expect(another.get(chat), 200, "one two", INTERRUPTED)
        with another.stream("GET", f"{chat}/live") as live:
            page = ""
            for piece in live.iter_text():
                page += piece
                if INTERRUPTED in page or "<!-- -->" in page:  # which says that nothing is new
                    break
    assert page.index("one two") < page.index(INTERRUPTED), "also without scripts"
    model.go.set()
    with new_browser(start(), cookies) as another:
        assert messages(wait_until_final(another, chat))[-1] == model.text


def test_open_streams_end_at_once_when_the_server_is_told_to_stop(
    db_api: DbApiServer,
    model: ScriptedModel,
    model_server: ModelServer,
    secrets: Path,
    tmp_path: Path,
) -> None:
    model.hold_after = 1
    port = free_port()
    settings = {
        "PYTHON": sys.executable,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DB_API_URL": db_api.url,
        "LM_API_URL": model_server.url,
        "DB_API_TOKEN_FILE": str(secrets / "db-api" / "token"),
        "LM_API_KEY_FILE": str(secrets / "lm-api" / "key"),
        "COOKIE_KEY_FILE": str(secrets / "cookie" / "key"),
        "TOKEN_KEY_FILE": str(secrets / "tokens" / "key"),
    }
    url = f"http://127.0.0.1:{port}"
    server = Program([ROOT / "chat-ui" / "start"], settings, tmp_path / "log")
    server.wait_until(lambda: answers(f"{url}/health"))
    with new_browser(url) as browser:
        chat = open_chat(browser)
        send(browser, chat, "Hi")
        with browser.stream("GET", f"{chat}/events") as stream:
            lines = stream.iter_lines()
            next(lines)
            server.end()
            assert "event: end" not in list(lines), "it is not the end: the browser comes back"
    assert not re.search("Traceback|Cancel", server.log.read_text())
