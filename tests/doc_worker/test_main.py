"""The worker asks for what it can read at the moment, and stops at nothing that a document does."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from app import main
from app.client import Gone, Job
from app.embedding import Embedder
from app.main import Worker
from app.messages import Ocr
from app.settings import Settings, read_secret, read_settings
from app.tesseract import find_tesseract

from local.stack import ROOT

JOB = Job(id="1", kind="text", blocks=1, done=[], shown=False, embedding=False, reply_awaited=False)


class Queue:
    """db-api, with one document in the queue."""

    def __init__(self, job: Job | None = None, refusal: Exception | None = None) -> None:
        self.job, self.refusal = job, refusal
        self.asked: list[bool] = []
        self.finished: list[Any] = []

    def claim(self, *, ocr: bool, sound: bool, vector_model: str | None) -> Job | None:
        self.asked.append(ocr)
        return self.job

    def fetch(self, job: Job) -> bytes:
        assert self.refusal
        raise self.refusal

    def finish(self, job: Job, read_with: str, error: str | None = None) -> None:
        self.finished.append(error)

    def release(self) -> None:
        self.finished.append("released")


def make_worker(queue: Queue, embedder: Embedder | None = None) -> Worker:
    return Worker(Settings(), queue, embedder)  # type: ignore[arg-type]  # what it needs of one


def test_a_tesseract_may_come_and_go(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = iter([None, None, Ocr("tesseract", "eng"), None])
    monkeypatch.setattr(main, "find_tesseract", lambda languages: next(found))
    monkeypatch.setattr(main, "LOOK_S", -1.0)
    worker = make_worker(queue := Queue())
    for _ in range(4):
        assert not worker.read_next()
    assert queue.asked == [False, False, True, False]
    assert caplog.text.count("Tesseract is missing") == 2, "said when it changes"


def test_a_tesseract_is_not_looked_for_each_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = iter([Ocr("tesseract", "eng")])
    monkeypatch.setattr(main, "find_tesseract", lambda languages: next(found))
    monkeypatch.setattr(main, "LOOK_S", math.inf)
    worker = make_worker(queue := Queue())
    worker.read_next()
    worker.read_next()
    assert queue.asked == [True, True]
    assert "missing" not in caplog.text


def test_what_the_system_lacks_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    worker = make_worker(Queue())
    for lacks, said in (([], 0), (["files"], 1), (["files"], 1)):
        worker._say_confinement(lacks)
        assert caplog.text.count("can't keep a parser from: files") == said


@pytest.mark.parametrize(
    ("installed", "used"), [("", None), ("eng deu", "eng+deu"), ("eng fra", "eng"), ("fra", None)]
)
def test_a_tesseract_reads_those_of_the_languages_that_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: str, used: str | None
) -> None:
    if installed:
        (tmp_path / "tesseract").write_text(f"#!/bin/sh\necho {installed}\n")
        (tmp_path / "tesseract").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_tesseract("eng+deu")
    assert (found and found.languages) == used


def test_a_document_that_is_gone_is_left_alone() -> None:
    worker = make_worker(queue := Queue(JOB, Gone()))
    assert worker.read_next()
    assert queue.finished == []


def test_what_db_api_refuses_is_given_up_and_the_worker_works_on() -> None:
    request = httpx.Request("PUT", "http://db-api/")
    refusal = httpx.HTTPStatusError("", request=request, response=httpx.Response(422))
    worker = make_worker(queue := Queue(JOB, refusal))
    assert worker.read_next()
    assert queue.finished == ["crashed"]


@pytest.mark.parametrize("embedder", [None, Mock(find_model=lambda: None)])
def test_a_document_that_is_to_get_vectors_is_handed_back_without_a_model(
    embedder: Embedder | None,
) -> None:
    worker = make_worker(queue := Queue(replace(JOB, embedding=True)), embedder)
    assert worker.read_next()
    assert queue.finished == ["released"]


def test_every_setting_is_documented() -> None:
    readme = (ROOT / "doc-worker" / "README.md").read_text()
    told = set(re.findall(r"`([A-Z_]+)`", readme))
    assert {name.upper() for name in Settings.model_fields} - told == set()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *(("DOC_NICE", "20"), ("DOC_NICE", "-1"), ("DOCUMENT_PAGES", "0")),
        *(("PORT", "0"), ("PORT", "65536")),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, wrong: str) -> None:
    monkeypatch.setenv(name, wrong)
    with pytest.raises(SystemExit, match=name):
        read_settings()


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_secret_that_is_missing_or_empty_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SystemExit, match=str(file)):
        read_secret(file)
