"""A question waits for the chat's documents to be read, or it is told what was not read yet."""

import httpx

from tests.chat_ui.asking import (
    ANSWER,
    FILLER,
    LEASE,
    Reader,
    ask,
    attach,
    last_message,
    quotes,
    send,
)
from tests.chat_ui.support import ScriptedModel, wait_until_final


def test_pages_that_were_not_read_yet_are_told(
    browser: httpx.Client, chat: str, lease: str, model: ScriptedModel
) -> None:
    attach(browser, chat, "later.txt")
    assert "1 page had not been read yet." in ask(browser, chat).text


def test_a_question_waits_for_the_documents_to_be_read(
    browser: httpx.Client, chat: str, reader: Reader, model: ScriptedModel
) -> None:
    attach(browser, chat)
    model.text = ANSWER
    send(browser, chat)
    assert "Looking in your documents…" in last_message(browser.get(chat).text).text
    reader.read(*[FILLER] * 3, LEASE)
    reply = last_message(wait_until_final(browser, chat))
    assert (len(quotes(reply)), "read yet" in reply.text) == (1, False)
