"""In a text browser: w3m shows each page as text, and sends forms without saying whence."""

import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.browser.support.people import Someone
from tests.support.local_stack import LocalStack
from tests.support.person import client_key, message_ids, messages, wait_until_final

W3M = shutil.which("w3m")
needs_w3m = pytest.mark.skipif(
    W3M is None and not os.environ.get("CI"), reason="no w3m here (Debian: w3m)"
)


def dump(someone: Someone, path: str, home: Path) -> str:
    """The page as w3m shows it, with the person's cookies."""
    assert W3M, "CI needs w3m"
    cookies = "; ".join(f"{c.name}={c.value}" for c in someone.http.cookies.jar)
    command = [W3M, "-dump", "-cols", "100", "-o", "use_cookie=0", "-header", f"Cookie: {cookies}"]
    command += ["-no-proxy", someone.parley.url + path]
    environment = {**os.environ, "HOME": str(home), "LANG": "C.UTF-8"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env=environment
    )
    return done.stdout


@needs_w3m
def test_the_home_page_reads_well(ann: Someone, tmp_path: Path) -> None:
    text = dump(ann, "/", tmp_path)
    for words in ("A chat that stays with you", "Your name", "Start chatting"):
        assert words in text
    assert "{" not in text


@needs_w3m
def test_a_chat_reads_from_top_to_bottom_without_what_needs_a_script(
    ann: Someone, tmp_path: Path
) -> None:
    ann.talk("What is the sea?", "Salt **water**.\n\n- deep\n- blue")
    text = dump(ann, ann.chat, tmp_path)
    places = [text.index(words) for words in ("What is the sea?", "Salt water.", "deep", "Send")]
    assert places[1] < places[2] < places[3]
    assert "At most 32768 bytes" in text
    for dead in ("New words below", "out of reach", "Copied", "Reply ready", "too long"):
        assert dead not in text


@needs_w3m
def test_only_the_list_of_keys_lists_keys(ann: Someone, tmp_path: Path) -> None:
    assert "Stop the reply" not in dump(ann, ann.new_chat(), tmp_path)
    assert "Stop the reply" in dump(ann, "/keys", tmp_path)


@needs_w3m
def test_while_a_reply_is_to_come_a_link_leads_to_it(ann: Someone, tmp_path: Path) -> None:
    growing = ann.hand().ask("What is the sea?")
    growing.write("Salt ")
    assert f"{ann.chat}/live" in dump(ann, ann.chat, tmp_path)
    with ThreadPoolExecutor() as threads:
        shown = threads.submit(dump, ann, f"{ann.chat}/live", tmp_path)
        time.sleep(1)
        growing.finish("water.")
        text = shown.result()
    assert "Salt water." in text
    assert f"{ann.chat}#end" in text


@pytest.fixture
def browser(parley: LocalStack) -> "httpx.Client":
    """As w3m asks: neither Sec-Fetch-Site nor Origin, cookies kept, redirects followed."""
    agent = {"User-Agent": "w3m/0.5.3", "Accept": "text/html, text/*;q=0.5"}
    return httpx.Client(
        base_url=parley.url, headers=agent, follow_redirects=True, timeout=120, trust_env=False
    )


def test_every_flow_works_as_w3m_sends_it(browser: httpx.Client) -> None:
    with browser:
        page = browser.post("/chats", data={"username": "Wim"})
        chat = page.url.path
        form = {"prompt": "Say hello.", "client_key": client_key(page.text)}
        browser.post(chat.replace("/chats/", "/generate/"), data=form)
        page_text = wait_until_final(browser, chat, 120)
        assert messages(page_text)[1] == "Say hello."
        assert messages(page_text)[2]
        question, reply = message_ids(page_text)[1:]
        again = browser.post(f"{chat}/replies/{reply}/again", data={"key": "again"})
        assert "2/2" in wait_until_final(browser, chat, 120), again.text
        assert "1/2" in browser.post(f"{chat}/head", data={"message": reply}).text
        form = {"prompt": "Say bye.", "client_key": "edit", "replaces": question}
        browser.post(chat.replace("/chats/", "/generate/"), data=form)
        assert messages(wait_until_final(browser, chat, 120))[1] == "Say bye."
        details = browser.get(f"{chat}/messages/{question}").text
        assert "Delete for good" in details
        assert browser.get(f"{chat}/prompt").status_code == 200
        assert "Say bye." in browser.get(f"{chat}/export.md").text
        assert "Say hello." in browser.get("/export.json").text
        assert "Shift" in browser.get("/keys").text
        assert "Saved." in browser.post("/settings", data={"name": "Wim", "theme": "dark"}).text
        assert "Wimbledon" in browser.post(f"{chat}/settings", data={"title": "Wimbledon"}).text
        assert "Pinned" in browser.post(f"{chat}/pin", data={"pinned": "1"}).text
        assert "Say <mark>hello</mark>." in browser.get("/search", params={"q": "hello"}).text
        gone = browser.post(f"{chat}/delete")
        assert "was deleted." in gone.text
        assert browser.get(chat).status_code == 404
        assert browser.post(f"{chat}/restore").url.path == chat
        assert "Start chatting" in browser.post("/settings/forget", data={"sure": "yes"}).text
