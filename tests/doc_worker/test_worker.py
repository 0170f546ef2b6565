"""doc-worker and db-api together: what is uploaded is read, whoever is killed meanwhile."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from app.tesseract import find_tesseract

from tests.doc_worker import files
from tests.doc_worker.conftest import DbApi, Person
from tests.support.program import Program
from tests.support.waiting import wait_until

Start = Callable[..., Program]

LINES = "\n".join(["This line is as long as a line of a printed page is, or a little longer."] * 40)
PAGES = [f"This is what page {n} says.\n{LINES}" for n in range(1, 301)]
needs_tesseract = pytest.mark.skipif(find_tesseract("eng") is None, reason="no Tesseract here")


def test_what_is_uploaded_is_read(ada: Person, start_worker: Start) -> None:
    start_worker()
    text, pdf = (
        ada.upload(b"Hello there. " * 90_000, "notes.txt"),
        ada.upload(files.text_pdf("First page here.", "Second page here."), "two.pdf"),
    )
    assert ada.wait(text)["pages_read"] > 1
    assert ada.wait(pdf)["pages_read"] == 2
    assert ada.texts(pdf) == ["First page here.", "Second page here."]


def test_a_file_that_can_t_be_read_says_why(ada: Person, start_worker: Start) -> None:
    start_worker()
    assert ada.wait(ada.upload(files.ENCRYPTED, "secret.pdf"), "failed")["error"] == "encrypted"


@needs_tesseract
def test_scans_wait_until_there_is_a_tesseract(
    ada: Person, start_worker: Start, tmp_path: Path
) -> None:
    (tmp_path / "dirname").symlink_to(str(shutil.which("dirname")))  # all that `start` needs
    without = start_worker(PATH=str(tmp_path))
    document = ada.upload(files.scanned_pdf("The invoice is paid.", ""), "scan.pdf")
    assert ada.wait(document)["needs_ocr"] == [1]
    assert "apt install tesseract-ocr" in without.log.read_text()
    without.end()
    start_worker()
    wait_until(lambda: ada.read(document)["needs_ocr"] == [], explain=lambda: ada.read(document))
    assert ada.texts(document) == ["The invoice is paid.", "This page is plain text."]


@needs_tesseract
def test_a_picture_is_read_and_shown(ada: Person, start_worker: Start) -> None:
    start_worker()
    photograph = files.encode(files.photograph("Please pay by Friday."), "JPEG")
    document = ada.wait(ada.upload(photograph, "photo.jpg"))
    assert ada.texts(document["id"]) == ["Please pay by Friday."]
    assert document["shown_size"] > 0


def test_a_worker_that_is_killed_again_and_again_loses_nothing_and_repeats_nothing(
    ada: Person, start_worker: Start
) -> None:
    document = ada.upload(files.text_pdf(*PAGES), "long.pdf")
    for enough in (1, 30, 90, 150):
        worker = start_worker()
        ada.wait_for_pages(document, enough)
        worker.end(signal.SIGKILL)
    start_worker()
    assert ada.wait(document)["pages_read"] == len(PAGES)
    assert ada.texts(document) == PAGES


def test_db_api_may_die_while_a_document_is_read(
    ada: Person, db_api: DbApi, start_worker: Start
) -> None:
    document = ada.upload(files.text_pdf(*PAGES), "long.pdf")
    start_worker()
    for enough in (1, 100):
        ada.wait_for_pages(document, enough)
        db_api.stop(signal.SIGKILL)
        db_api.start()
    ada.wait(document)
    assert ada.texts(document) == PAGES


def test_a_worker_that_is_stopped_hands_its_document_back_at_once(
    ada: Person, start_worker: Start
) -> None:
    document = ada.upload(files.text_pdf(*PAGES), "long.pdf")
    worker = start_worker()
    ada.wait_for_pages(document, 1)
    assert worker.end() == 0
    assert ada.read(document)["state"] == "queued"


def test_a_document_that_is_deleted_while_it_is_read_stops_nothing(
    ada: Person, start_worker: Start
) -> None:
    gone, other = ada.upload(files.text_pdf(*PAGES), "long.pdf"), ada.upload(b"Hello.", "a.txt")
    worker = start_worker()
    ada.wait_for_pages(gone, 1)
    ada.http.delete(f"/documents/{gone}").raise_for_status()
    ada.wait(other)
    assert "Traceback" not in worker.log.read_text()


def test_without_its_token_it_doesn_t_start(start_worker: Start, tmp_path: Path) -> None:
    missing = tmp_path / "nothing"
    worker = start_worker(DOC_WORKER_TOKEN_FILE=str(missing))
    assert worker.wait() == 1
    assert f"can't read the secret {missing}" in worker.log.read_text()
