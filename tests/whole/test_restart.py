"""The model's server is killed between two questions: what it had read is not read again. Whoever
is killed while a question about documents is answered: nothing is searched twice."""

import os
import re
import signal

import httpx
import pytest

from tests.support.local_stack import LocalStack
from tests.support.person import ask, open_chat, send, wait_until_final
from tests.support.sql import sql
from tests.support.waiting import wait_until

LONG = "Here is a list of words: " + "stone, river, " * 60 + "moss. Which one comes last?"


def ask_model(parley: LocalStack, method: str, path: str, body: object = None) -> httpx.Response:
    """What the model's server answers."""
    key = (parley.home / "secrets" / "lm-api" / "key").read_text().strip()
    address = f"http://127.0.0.1:{parley.ports['lm-api']}{path}"
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.request(method, address, headers=headers, json=body, timeout=60)


def tokenize(parley: LocalStack, text: str) -> list[int]:
    """The tokens of a text, without any template."""
    tokens: list[int] = ask_model(parley, "POST", "/tokenize", {"content": text}).json()["tokens"]
    return tokens


def read_tokens(parley: LocalStack) -> int:
    """How many tokens of prompts the model's server has read since it began."""
    told = ask_model(parley, "GET", "/metrics").text
    found = re.search(r"^llamacpp:prompt_tokens_total (\d+)", told, re.M)
    assert found, told
    return int(found[1])


def is_saved(parley: LocalStack) -> bool:
    """Whether what was read is on the disk."""
    files = (parley.home / "prompts").rglob("slot-*")
    return any(file.stat().st_size > 1_000_000 for file in files)


def test_a_chat_continues_without_being_read_again(
    parley: LocalStack, browser: httpx.Client
) -> None:
    parley.wait_until_model_is_ready()
    for file in (parley.home / "prompts").rglob("slot-*"):
        file.unlink()
    before, chat = read_tokens(parley), open_chat(browser)
    ask(browser, chat, LONG)
    parley.wait(lambda: is_saved(parley))
    long = read_tokens(parley) - before  # and it is not saving any more, or could not answer
    assert long > 200
    parley.kill("lm-api")
    parley.wait(lambda: parley.output().count("lm-api: serving on") > 1)
    ask(browser, chat, "And the first?")
    assert 0 < read_tokens(parley) < long / 4


def test_documents_need_not_wait_while_the_model_is_gone(
    parley: LocalStack, browser: httpx.Client
) -> None:
    parley.wait_until_model_is_ready()
    chat = open_chat(browser)
    os.kill(parley.pid, signal.SIGSTOP)  # so that nobody starts lm-api again
    try:
        parley.kill("lm-api")
        assert send(browser, chat, "Hello").is_redirect
        wait_until(lambda: sql(parley, "SELECT is_reply_awaited()") == [(False,)])
        assert sql(parley, "SELECT state FROM replies WHERE state IN ('queued', 'running')")
    finally:
        os.kill(parley.pid, signal.SIGCONT)
    wait_until_final(browser, chat, 120)


@pytest.mark.parametrize("service", ["chat-ui", "db-api", "lm-api"])
def test_a_reply_from_documents_is_continued_from_the_same_passages(
    parley: LocalStack, browser: httpx.Client, service: str
) -> None:
    def look() -> list[tuple[object, ...]]:
        return sql(
            parley,
            "SELECT p.xmin::text, p.number, p.document_id, p.page FROM reply_passages p"
            " WHERE p.chat_id = %s ORDER BY p.number",
            chat.removeprefix("/chats/"),
        )

    parley.wait_until_model_is_ready()
    chat, text = open_chat(browser), "The keeper of the lighthouse is called Ada Keller."
    for name, content in (("a.txt", text), ("b.txt", f"{text} " * 3)):
        sent = browser.post(f"{chat}/documents", files={"files": (name, content.encode())})
        assert sent.is_redirect
    wait_until(lambda: browser.get(chat).text.count("Ready") >= 2, 120)
    assert send(browser, chat, "Who is the keeper of the lighthouse?").is_redirect
    found = wait_until(look)
    parley.kill(service)
    parley.wait(lambda: parley.answers("/ready"))
    page = wait_until_final(browser, chat, 120)
    assert look() == found
    assert "[1]" in page or "[?]" in page
