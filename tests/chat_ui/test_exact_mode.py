"""A question answered by exact words: a sentence of a document, or what a model chooses in it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from app.answering.refusals import NOTHING_FOUND

from local.ports import free_port
from local.stack import ROOT
from tests.chat_ui.asking import (
    FILLER,
    LEASE,
    Reader,
    ask,
    attach,
    last_message,
    quotes,
    where_quoted,
)
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    expect,
    new_browser,
    open_chat,
)
from tests.support.answer_model import write_answer_model
from tests.support.program import Program
from tests.support.waiting import answers

CLOSEST = "Closest sentence found."


def test_exact_words_are_a_sentence_of_a_document(
    browser: httpx.Client, chat: str, lease: str, model: ScriptedModel
) -> None:
    reply = ask(browser, chat, mode="exact")
    body = reply.find(class_="body")
    assert body
    assert body.text.strip() == "The lease ends on 31 March 2027. [1]"
    assert CLOSEST in reply.text
    assert quotes(reply)[0][1] == "The lease ends on 31 March 2027."
    assert "deleted" not in reply.text
    expect(browser.post(f"/documents/{lease}/delete"), 303)
    reply = last_message(browser.get(chat).text)
    assert "The document that this was in has been deleted." in reply.text
    reply = ask(browser, chat, "Who feeds the whales of the ferry?", mode="exact")
    assert NOTHING_FOUND in reply.text
    assert model.requests == []


def test_exact_words_are_a_row_below_the_heading_of_a_picture_s_text(
    browser: httpx.Client, chat: str, reader: Reader
) -> None:
    attach(browser, chat, "bakery.txt")
    reader.read("BAKERY HOURS\n\nMonday closed\n\nFriday 6:30 - 18:00\nSaturday 7:00 - 13:00\n")
    reply = ask(browser, chat, "When is the bakery open on Saturday?", mode="exact")
    body = reply.find(class_="body")
    assert body
    assert body.text.strip() == "Saturday 7:00 - 13:00 [1]"


def test_a_tool_s_result_is_no_exact_words(
    browser: httpx.Client, chat: str, reader: Reader
) -> None:
    attach(browser, chat, "lease.txt")
    reader.read("The rent is due on 3 May.")
    body = ask(browser, chat, "/calculator 6*7", mode="exact").find(class_="body")
    assert body
    assert body.text.strip() == "6*7 = 42"
    assert body.find("strong")


def test_a_follow_up_gets_exact_words_about_what_was_asked_before(
    browser: httpx.Client, chat: str, reader: Reader
) -> None:
    attach(browser, chat, "lease.txt")
    reader.read("The rent is due on 3 May. The deposit of 3,420 EUR is due on 9 June.")
    ask(browser, chat, "How much is the deposit?", mode="exact")
    for thing, due in (("it", "The deposit of"), ("the rent", "The rent is")):
        assert due in ask(browser, chat, f"And when is {thing} due?", mode="exact").text


@pytest.fixture
def answer_finder(tmp_path: Path, secrets: Path) -> Iterator[tuple[Program, dict[str, object]]]:
    """The service answer with a model that knows one date, and what chat-ui is told of it."""
    write_answer_model(tmp_path / "dates", {"31": (6, 0), "2027": (0, 6), "[CLS]": (2, 2)})
    key, port = secrets / "answer" / "key", free_port()
    settings = {
        "PYTHON": sys.executable,
        "ANSWER_MODEL": "dates",
        "ANSWER_KEY_FILE": str(key),
        "LM_MODELS_DIR": str(tmp_path),
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }
    program = Program([ROOT / "doc-worker" / "start-answer"], settings, tmp_path / "log")
    url = f"http://127.0.0.1:{port}"
    program.wait_until(lambda: answers(f"{url}/health"))
    yield program, {"answer_url": url, "answer_key_file": key}
    program.end()


def test_exact_words_are_chosen_by_a_model_where_there_is_one(
    serve_chat_ui: StartBriefly, db_api: DbApiServer, reader: Reader, model: ScriptedModel,
    answer_finder: tuple[Program, dict[str, object]],
) -> None:  # fmt: skip
    program, told = answer_finder
    with serve_chat_ui(db_api_url=db_api.url, **told) as url, new_browser(url) as browser:
        chat = open_chat(browser)
        attach(browser, chat)
        lease = reader.read(*[FILLER] * 3, LEASE)

        reply = ask(browser, chat, mode="exact")
        body = reply.find(class_="body")
        assert body
        assert body.text.strip() == "31 March 2027 [1]"
        sentence = "The lease ends on 31 March 2027."
        address = where_quoted(lease, chat, reply)
        assert quotes(reply) == [("[1] lease.txt, page 4", sentence, address)]
        assert CLOSEST not in reply.text
        program.end()
        reply = ask(browser, chat, mode="exact")
        assert sentence in reply.text
        assert CLOSEST in reply.text
    assert model.requests == []


def test_what_the_model_finds_no_words_for_is_refused_as_what_was_not_found(
    serve_chat_ui: StartBriefly, db_api: DbApiServer, reader: Reader, model: ScriptedModel,
    answer_finder: tuple[Program, dict[str, object]],
) -> None:  # fmt: skip
    with (
        serve_chat_ui(db_api_url=db_api.url, **answer_finder[1]) as url,
        new_browser(url) as browser,
    ):
        chat = open_chat(browser)
        attach(browser, chat)
        reader.read(*[FILLER] * 3, "The tenant pays a deposit of EUR 1,500.")
        reply = ask(browser, chat, "What deposit does the tenant pay?", mode="exact")
    assert NOTHING_FOUND in reply.text
    assert "Nearest passages" in reply.text
    assert CLOSEST not in reply.text
