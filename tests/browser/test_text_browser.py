"""In a text browser: w3m shows each page as text, and sends forms without saying where they come
from."""

import os
import pty
import re
import select
import shutil
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser.support.people import Someone
from tests.support.local_stack import LocalStack
from tests.support.person import edit, message_ids, messages, wait_until_final
from tests.support.sql import sql

W3M = shutil.which("w3m")
ESCAPES = re.compile(rb" |\x1b[()][A-Z0-9]|\x1b\[[\d;?]*[A-Za-z]|\x1b.")
needs_w3m = pytest.mark.skipif(
    W3M is None and not os.environ.get("CI"), reason="no w3m here (Debian: w3m)"
)


def show(page: str, home: Path, form: str = "-dump") -> str:
    """A page as w3m shows it, fetched from its address or given as HTML; with `-halfdump`, with the
    marks that it has for itself."""
    assert W3M, "CI needs w3m"
    source = [page] if page.startswith("http") else ["-T", "text/html", "-I", "UTF-8"]
    return subprocess.run(
        [W3M, form, "-cols", "100", "-no-proxy", *source],
        input=page,
        capture_output=True,
        text=True,
        errors="replace",  # its own marks
        check=True,
        env={**os.environ, "HOME": str(home), "LANG": "C.UTF-8"},
    ).stdout


@needs_w3m
def test_pages_read_from_top_to_bottom_without_what_needs_a_script(
    ann: Someone, tmp_path: Path
) -> None:
    ann.talk("What is the sea?", "Salt **water**.\n\n- deep\n- blue\n\n$$\\frac{a}{b} = c$$")
    page = ann.http.get(ann.chat).text
    text = show(page, tmp_path)
    places = [
        text.index(words)
        for words in (
            "What is the sea?",
            "Salt water.",
            "deep",
            "Attach files",
            "Your message",
            "Send",
        )
    ]
    assert places == sorted(places)
    assert re.search(r"About 1\d,000 characters at most\.", text)
    for dead in (
        "Jump to latest",
        "Connection lost",
        "Copied",
        "Reply ready",
        "too long",
        "Formula",
        "Table",
    ):
        assert dead not in text
    reply = re.findall(r'<article class="message assistant.*?</article>', page, re.S)[-1]
    assert len(re.findall("<a ", reply)) == 1, "its details"
    assert "Stop the reply" not in text
    assert text.rstrip().endswith("Settings"), "no empty item of a list below it"
    assert "Stop the reply" in show(f"{ann.parley.url}/keys", tmp_path)
    home = show(ann.parley.url, tmp_path)
    for words in ("Private AI chat on your own computer", "Your name", "Start chatting"):
        assert words in home
    assert "{" not in home
    home = show(ann.http.get("/").text, tmp_path)
    wanted = ("Good to see you, Ann", "Send", "Continue last chat", "New chat", "Today", "Rename")
    places = [home.index(words) for words in wanted]
    assert places == sorted(places)


class Terminal:
    """w3m in a terminal, used by its keys."""

    def __init__(self, url: str, home: Path) -> None:
        assert W3M, "CI needs w3m"
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (50, 100))
        self._process = subprocess.Popen(
            [W3M, "-no-proxy", "-no-mouse", url],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm"},
        )
        os.close(theirs)
        self._screen = ours

    def press(self, keys: str, then: str) -> None:
        """These keys; then these words come on the screen. Some spaces are moves of the cursor."""
        os.write(self._screen, keys.encode())
        shown, deadline = b"", time.monotonic() + 60
        while then.replace(" ", "").encode() not in ESCAPES.sub(b"", shown):
            assert time.monotonic() < deadline, shown
            if select.select([self._screen], [], [], 1)[0]:
                shown += os.read(self._screen, 65_536)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._screen)


@needs_w3m
def test_a_file_is_uploaded(ann: Someone, tmp_path: Path) -> None:
    """From the first page on: a name, then the button beside the message, which is kept."""
    file = tmp_path / "note.txt"
    file.write_text("Read in w3m.")
    w3m = Terminal(ann.parley.url, tmp_path)
    try:
        w3m.press("", then="Start chatting")
        w3m.press("/Your name\n\t\n", then="TEXT:")
        w3m.press("Ann\n", then="Viewing")
        w3m.press("\t\n", then="Attach files")
        w3m.press("/Attach files\n\n", then="Upload")
        w3m.press("/Attach files\n/Attach files\n\t\n", then="Filename")
        w3m.press(f"{file}\n", then="Viewing")
        w3m.press("\t\n", then="note.txt")
        assert sql(ann.parley, "SELECT kind FROM documents WHERE name = 'note.txt'") == [("text",)]
    finally:
        w3m.end()


@needs_w3m
def test_links_within_a_page_lead_to_their_place(ann: Someone, tmp_path: Path) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = show(ann.http.get(ann.chat).text, tmp_path, "-halfdump")
    for place in ("main", "end"):
        assert f'<_id id="{place}">' in page


@needs_w3m
def test_while_a_reply_is_to_come_a_link_leads_to_it(ann: Someone, tmp_path: Path) -> None:
    reply = ann.writer().ask("What is the sea?")
    reply.write("Salt ")
    text = show(ann.http.get(ann.chat).text, tmp_path)
    assert f"{ann.chat}/live" in text
    assert "Show the reply" in text
    with ann.http.stream("GET", f"{ann.chat}/live") as page:
        reply.finish("water.")
        page.read()
    text = show(page.text, tmp_path)
    assert "Salt water." in text
    assert f"{ann.chat}#end" in text
    text = show(ann.http.get(f"{ann.chat}/live").text, tmp_path)
    assert text.index("What is the sea?") < text.index("Salt water."), "also when it has ended"


@pytest.fixture
def browser(parley: LocalStack) -> Iterator[httpx.Client]:
    """As w3m asks: neither Sec-Fetch-Site nor Origin, cookies kept, redirects followed."""
    agent = {"User-Agent": "w3m/0.5.3", "Accept": "text/html, text/*;q=0.5"}
    with httpx.Client(
        base_url=parley.url, headers=agent, follow_redirects=True, timeout=120, trust_env=False
    ) as client:
        yield client


def test_every_flow_works_as_w3m_sends_it(browser: httpx.Client) -> None:
    browser.post("/chats", data={"username": "Wim"})
    form = {"prompt": "Say hello.", "client_key": "first"}
    chat = browser.post("/chats", data=form).url.path
    assert browser.post("/chats", data=form).url.path == chat
    page = wait_until_final(browser, chat, 120)
    assert messages(page)[1] == "Say hello."
    assert messages(page)[2]
    question, reply = message_ids(page)[1:]
    again = browser.post(f"{chat}/replies/{reply}/again", data={"key": "again"})
    assert "2/2" in wait_until_final(browser, chat, 120), again.text
    assert "1/2" in browser.post(f"{chat}/head", data={"message": reply}).text
    edit(browser, chat, question, "Say bye.")
    assert messages(wait_until_final(browser, chat, 120))[1] == "Say bye."
    assert browser.get(f"{chat}/prompt").status_code == 200
    for address, words in (
        (f"{chat}/messages/{question}", "Delete permanently"),
        (f"{chat}/export.md", "Say bye."),
        ("/export.json", "Say hello."),
        ("/keys", "Shift"),
        ("/search?q=hello", "Say <mark>hello</mark>."),
    ):
        assert words in browser.get(address).text
    for address, data, words in (
        ("/settings", {"name": "Wim", "theme": "dark"}, "Saved."),
        (f"{chat}/settings", {"title": "Wimbledon"}, "Wimbledon"),
        (f"{chat}/pin", {"pinned": "1"}, "Pinned"),
        (f"{chat}/rename", {"title": "Oxford", "current": ""}, "Oxford"),
        (f"{chat}/delete", {}, "was deleted."),
        (f"{chat}/restore", {}, "Say bye."),
        ("/settings/forget", {"sure": "yes"}, "Start chatting"),
    ):
        assert words in browser.post(address, data=data).text
