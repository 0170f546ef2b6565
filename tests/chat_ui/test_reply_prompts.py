"""The page of a reply's prompt: what the model got for it, and whether that can still be told."""

from collections.abc import Callable

import httpx
import pytest

from tests.chat_ui.asking import LEASE, QUESTION, ask, attach
from tests.chat_ui.support import DbApiServer, ScriptedModel, message_ids, parse, text_of

SAME, DIFFERENT = "This is exactly what the model got.", "This is not exactly what the model got."

Change = Callable[[httpx.Client, str, str], httpx.Response]


def open_prompt(browser: httpx.Client, chat: str) -> str:
    """That of the last reply, by the link of its details."""
    details = parse(browser.get(f"{chat}/messages/{message_ids(browser.get(chat).text)[-1]}").text)
    (link,) = (a for a in details.find_all("a") if a.text.endswith("the prompt"))
    return browser.get(link.attributes["href"]).raise_for_status().text


def sources(page: str) -> list[str]:
    return [pre.text for pre in parse(page).find_all("pre")]


@pytest.mark.usefixtures("lease")
def test_it_shows_what_the_model_got_with_instruction_and_passages(
    browser: httpx.Client, chat: str, model: ScriptedModel, db_api: DbApiServer
) -> None:
    ask(browser, chat)
    (content,) = (request["messages"][-1]["content"] for request in model.requests)
    page = open_prompt(browser, chat)
    assert SAME in text_of(page)
    assert {LEASE, QUESTION} <= set(sources(page))
    assert all(text in content for text in sources(page)[-3:-1])
    assert "lease.txt, page 4" in text_of(page)
    db_api.sql("UPDATE replies SET model = 'another'")
    assert sources(open_prompt(browser, chat)) == sources(page)[:-1], "as another reads it"


def rename(browser: httpx.Client, chat: str, document: str) -> httpx.Response:
    return browser.post(f"/documents/{document}/rename", data={"name": "other.txt"})


def delete(browser: httpx.Client, chat: str, document: str) -> httpx.Response:
    return browser.post(f"/documents/{document}/delete")


def instruct(browser: httpx.Client, chat: str, document: str) -> httpx.Response:
    return browser.post(f"{chat}/settings", data={"title": "Lease", "system_prompt": "Be brief."})


@pytest.mark.parametrize("change", [rename, delete, instruct])
def test_it_says_if_something_of_it_was_changed_or_deleted_since(
    browser: httpx.Client, chat: str, lease: str, change: Change
) -> None:
    ask(browser, chat)
    assert change(browser, chat, lease).status_code == 303
    assert DIFFERENT in text_of(open_prompt(browser, chat))


@pytest.mark.usefixtures("lease")
def test_it_says_if_nobody_knows(browser: httpx.Client, chat: str, db_api: DbApiServer) -> None:
    ask(browser, chat)
    db_api.sql("UPDATE replies SET prompt_sha256 = NULL")
    page = text_of(open_prompt(browser, chat))
    assert "It is not known whether this is exactly what the model got" in page
    assert SAME not in page


@pytest.mark.usefixtures("lease")
def test_without_a_model_it_has_the_passages_alone(browser: httpx.Client, chat: str) -> None:
    ask(browser, chat, mode="exact")
    page = open_prompt(browser, chat)
    assert "The language model was not asked for this reply." in text_of(page)
    assert LEASE in sources(page)


def test_the_next_prompt_says_that_passages_are_to_come(browser: httpx.Client, chat: str) -> None:
    said = "the passages found for it are added"
    assert said not in text_of(browser.get(f"{chat}/prompt").text)
    attach(browser, chat)
    assert said in text_of(browser.get(f"{chat}/prompt").text)
