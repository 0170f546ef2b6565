"""Hostile files, through every service: each ends in a clear message or in its right text, and
what is shown of it leads nowhere else."""

import shutil
from collections.abc import Iterator

import httpx
import pytest

from tests.doc_worker.corpus import READY, Hostile, make_corpus
from tests.support.local_stack import LocalStack
from tests.support.pages import parse
from tests.support.person import open_chat
from tests.support.waiting import wait_until

CORPUS = make_corpus(ocr=shutil.which("tesseract") is not None)


class Library:
    """A person who has uploaded them all."""

    def __init__(self, browser: httpx.Client) -> None:
        self.browser = browser
        self.answers: dict[str, httpx.Response] = {}
        self.listed: dict[str, tuple[str, str]] = {}  # by name: the address, and what is said

    def upload(self, hostile: Hostile) -> None:
        upload = {"files": (hostile.name, hostile.content)}
        self.answers[hostile.name] = self.browser.post("/documents", files=upload)

    def is_read(self) -> bool:
        box = parse(self.browser.get("/documents").text).find("div", id="documents")
        assert box
        self.listed = {
            link.text: (link.attributes["href"], said.text)
            for row in box.find_all("li")
            if (link := row.find("a")) and (said := row.find("small"))
        }
        return "data-pending" not in box.attributes


@pytest.fixture(scope="module")
def library(parley: LocalStack) -> Iterator[Library]:
    with httpx.Client(base_url=parley.url, timeout=60) as browser:
        open_chat(browser)
        library = Library(browser)
        for hostile in CORPUS:
            library.upload(hostile)
        wait_until(library.is_read, 600, explain=lambda: library.listed)
        yield library


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: ascii(hostile.name))
def test_a_hostile_file_ends_in_a_clear_message_or_in_its_right_text(
    library: Library, hostile: Hostile
) -> None:
    answer = library.answers[hostile.name]
    assert answer.status_code < 500
    if hostile.shown not in library.listed:
        assert answer.status_code == 415
        (problem,) = parse(answer.text).find_all("div", role="alert")
        assert hostile.said in problem.text
        return
    address, said = library.listed[hostile.shown]
    assert hostile.said in said
    page = library.browser.get(address)
    assert page.status_code == 200
    if hostile.said == READY and hostile.text is not None:
        shown = parse(page.text).find("pre")
        assert shown
        assert shown.text == hostile.text
    for element in parse(page.text).find_all():
        for name in ("src", "href", "data", "action", "formaction"):
            assert element.attributes.get(name, "/").startswith(("/", "#")), element
    assert not list(parse(page.text).find_all("img", onerror="alert(1)"))


def test_reading_goes_on_after_them(library: Library) -> None:
    library.upload(Hostile("honest.txt", b"An honest text."))
    wait_until(library.is_read)
    assert library.listed["honest.txt"][1].strip() == READY
