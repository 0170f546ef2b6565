"""“Delete all my data” leaves nothing: a word that was written everywhere is then found in no table
and in no file."""

import struct

import httpx
import pytest

from tests.support.local_stack import LocalStack
from tests.support.pages import text_of
from tests.support.person import ask, open_chat
from tests.support.sql import sql
from tests.support.traces import find_in_files, find_in_tables
from tests.support.waiting import wait_until
from tests.whole.test_restart import tokenize

WORD, STEM = "quillfeather", "quillfeath"


@pytest.fixture
def tokens(parley: LocalStack) -> bytes:
    """The word as it is in a saved prompt."""
    parley.wait_until_model_is_ready()
    told = tokenize(parley, f" {WORD}")
    return struct.pack(f"<{len(told)}i", *told)


def write_everywhere(browser: httpx.Client) -> None:
    """Whatever a person can write, the word is in it."""
    deleted = open_chat(browser, f"Ann {WORD}")
    ask(browser, deleted, f"Say {WORD}.")
    assert browser.post(f"{deleted}/delete").is_redirect
    settings = {"name": f"Ann {WORD}", "system_prompt": f"You like {WORD}."}
    assert browser.post("/settings", data=settings).is_redirect
    chat = open_chat(browser, f"Ann {WORD}")
    assert browser.post(f"{chat}/rename", data={"title": f"A {WORD}"}).is_redirect
    file = (f"{WORD}.txt", f"The {WORD} is a bird that lives in ink.".encode())
    assert browser.post(f"{chat}/documents", files={"files": file}).is_redirect
    wait_until(lambda: "Ready" in text_of(browser.get(chat).text), 120)
    ask(browser, chat, f"What is the {WORD}?")
    for address in (f"/search?q={WORD}", "/export.md", f"{chat}/prompt"):
        browser.get(address)


def test_deleting_all_data_leaves_no_word_in_any_table_or_file(
    parley: LocalStack, browser: httpx.Client, tokens: bytes
) -> None:
    write_everywhere(browser)
    sql(parley, "ANALYZE")  # as PostgreSQL itself does now and then
    kept = find_in_tables(parley, WORD, STEM)
    assert kept >= {
        *("sessions", "chats", "messages"),
        *("documents", "document_pages", "passages", "file_blocks"),
    }
    parley.wait(lambda: find_in_files(parley, WORD.encode(), tokens))
    assert browser.post("/settings/forget", data={"sure": "yes"}).is_redirect
    assert find_in_tables(parley, WORD, STEM) == set()
    assert find_in_files(parley, WORD.encode(), tokens) == set()
